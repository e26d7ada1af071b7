import { fileURLToPath } from 'node:url';
import { compileProgram } from '../../test/invariants/harness/worker-process.js';
import { pythonEnvironment } from '../../test/interop/python-environment.js';
import type { FilledTopic } from './cases.js';

export const competitorNames = [
  'product',
  'exactly-once',
  'stateless',
  'stateless-once',
  'count',
  'join',
  'reply',
  'python',
] as const;
export type CompetitorName = (typeof competitorNames)[number];

export function isCompetitorName(name: string): name is CompetitorName {
  return competitorNames.some(known => known === name);
}

/** What one run of a program is given. */
export interface RunPlace {
  readonly brokers: readonly string[];
  readonly filled: FilledTopic;
  readonly resultTopic: string;
  readonly groupId: string;
  /** Scratch folder of this run. */
  readonly folder: string;
}

/** A program that is measured. */
export interface Competitor {
  readonly name: CompetitorName;
  readonly description: string;
  /** `results`: done when every file has its result; `says-so`: when it prints `done`. */
  readonly endsWith: 'results' | 'says-so';
  command(place: RunPlace): { readonly program: string; readonly args: readonly string[] };
}

const node = process.execPath;
const pythonProgram = fileURLToPath(new URL('../programs/python_original.py', import.meta.url));

export async function competitors(wanted: readonly CompetitorName[]): Promise<Competitor[]> {
  const summarize = await compileProgram(new URL('../programs/summarize.ts', import.meta.url));
  const bareLoop = await compileProgram(new URL('../programs/bare-loop.ts', import.meta.url));
  const bare = (mode: CompetitorName, description: string): Competitor => ({
    name: mode,
    description,
    endsWith: mode === 'reply' ? 'results' : 'says-so',
    command: place => ({ program: node, args: [bareLoop, '--mode', mode, ...bareLoopFlags(place)] }),
  });
  const product = (name: CompetitorName, description: string, ...flags: readonly string[]): Competitor => ({
    name,
    description,
    endsWith: 'results',
    command: place => ({ program: node, args: [summarize, ...productFlags(place), ...flags] }),
  });
  const all = [
    product('product', 'kafka-reproducer, a class that returns path, size and hash'),
    product('exactly-once', 'the same, exactly once', '--delivery', 'exactly-once'),
    product('stateless', 'the first one, without a state topic', '--state-topic', 'none'),
    product(
      'stateless-once',
      'exactly once, without a state topic',
      ...['--delivery', 'exactly-once', '--state-topic', 'none'],
    ),
    bare('count', 'bare kafkajs: counts bytes'),
    bare('join', 'bare kafkajs: decodes, joins, SHA-512'),
    bare('reply', 'bare kafkajs: the same, sends a result per file, commits'),
    ...pythonOriginal(wanted),
  ];
  return all.filter(({ name }) => wanted.includes(name));
}

function productFlags({ brokers, filled, resultTopic, groupId }: RunPlace): string[] {
  const topics = ['--consume-topic', filled.topic, '--produce-topic', resultTopic];
  return ['--brokers', brokers.join(','), ...topics, '--group-id', groupId];
}

function bareLoopFlags({ brokers, filled, resultTopic, groupId }: RunPlace): string[] {
  const ends = ['--files', String(filled.fileCount), '--messages', String(filled.messageCount)];
  const topics = ['--topic', filled.topic, '--out', resultTopic];
  return ['--brokers', brokers.join(','), ...topics, '--group', groupId, ...ends];
}

function pythonOriginal(wanted: readonly CompetitorName[]): Competitor[] {
  if (!wanted.includes('python')) return [];
  const environment = pythonEnvironment();
  if (environment.kind === 'missing') {
    console.log(`The Python original is skipped: ${environment.reason}`);
    return [];
  }
  const command = ({ brokers, filled, resultTopic, groupId, folder }: RunPlace) => ({
    program: environment.python,
    args: [
      ...[pythonProgram, '--brokers', brokers.join(','), '--topic', filled.topic],
      ...['--out', resultTopic, '--group', groupId, '--folder', folder],
    ],
  });
  return [{ name: 'python', description: 'OpenMSIStream 1.8.8, 2 threads', endsWith: 'results', command }];
}
