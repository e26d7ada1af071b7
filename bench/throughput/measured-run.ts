import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processUsage } from '../measuring/process-usage.js';
import { createTopic, freshName, until, withAdmin } from '../../test/invariants/harness/topics.js';
import { TopicReader } from '../../test/invariants/harness/topic-reader.js';
import type { FilledTopic } from './cases.js';
import type { Competitor } from './competitors.js';

/** From the start of the process until its work was done, start-up included. */
export interface Measurement {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** From the first readable result to the last; undefined for programs that send none. */
  readonly resultSeconds?: number;
}

const timeoutMs = 300_000;

/**
 * Runs one program over one topic in a process and a group of its own.
 * @param afterwards called while the program still runs, its work done
 * @throws {Error} with the end of what it printed, when it ends early or takes longer than five minutes
 */
export async function measureRun(
  competitor: Competitor,
  brokers: readonly string[],
  filled: FilledTopic,
  afterwards: (pid: number) => Promise<void> = () => Promise.resolve(),
): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-throughput-'));
  const log = join(folder, 'program.log');
  const resultTopic = await createTopic(brokers, 'bench-results', 1);
  const reader = competitor.endsWith === 'results' ? await TopicReader.open(brokers, resultTopic) : undefined;
  await reader?.catchUp();
  const place = { brokers, filled, resultTopic, groupId: freshName('bench'), folder };
  const output = openSync(log, 'w');
  const started = performance.now();
  const { program, args } = competitor.command(place);
  // Standard input stays open and silent: the Python original reads commands from it.
  const child = spawn(program, args, { stdio: ['pipe', output, output] });
  try {
    let firstResultAt: number | undefined;
    await waitUntilDone(child, log, () => {
      if (reader !== undefined) {
        if (reader.messages.length > 0) firstResultAt ??= performance.now();
        return reader.messages.length >= filled.fileCount;
      }
      return readFileSync(log, 'utf8').includes('done');
    });
    const ended = performance.now();
    const measurement: Measurement = {
      seconds: (ended - started) / 1000,
      ...processUsage(child.pid!),
      ...(firstResultAt === undefined ? {} : { resultSeconds: (ended - firstResultAt) / 1000 }),
    };
    await afterwards(child.pid!);
    return measurement;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    closeSync(output);
    await reader?.close();
    await withAdmin(brokers, admin => admin.deleteTopics({ topics: [resultTopic] }));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function waitUntilDone(child: ChildProcess, log: string, isDone: () => boolean): Promise<void> {
  try {
    await until('end of the work', timeoutMs, () => {
      if (isDone()) return true;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('the program ended early');
      return false;
    });
  } catch (error) {
    const tail = readFileSync(log, 'utf8').slice(-2000);
    throw new Error(`${(error as Error).message}; it printed:\n${tail}`, { cause: error });
  }
}
