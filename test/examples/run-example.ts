import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { EmbeddedKafka } from 'kafka-reproducer/embedded-kafka';
import { reservedHeaders } from '../../src/processing/result-message.js';
import type { FileToUpload } from '../../src/programs/upload/chunk-messages.js';
import { upload } from '../kafka-driver/upload.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ExampleRun {
  /** Module of the class, from the folder it is run in. */
  readonly module: string;
  /** Default: the root of the project. */
  readonly folder?: string;
  readonly consumeTopic: string;
  readonly produceTopic: string;
  readonly files: readonly FileToUpload[];
  readonly flags?: readonly string[];
}

export interface ExampleEnd {
  readonly exitCode: number | null;
  /** Log and whatever else the program wrote. */
  readonly output: string;
  /** Key, value and the headers the class set, one line per message, sorted. */
  readonly results: readonly string[];
}

/** Uploads the files to an embedded broker and runs the example as its README says: `npx tsx MODULE --brokers …`. */
export async function runExample(run: ExampleRun): Promise<ExampleEnd> {
  const kafka = await EmbeddedKafka.start();
  try {
    const { brokers } = kafka;
    kafka.createTopic(run.consumeTopic, 3);
    kafka.createTopic(run.produceTopic, 1);
    await upload(brokers, run.consumeTopic, run.files, { chunkBytes: 64, order: 'interleaved' });
    const { exitCode, output } = await execute(run, brokers);
    return { exitCode, output, results: await readResults(brokers, run.produceTopic) };
  } finally {
    await kafka.stop();
  }
}

/** All files below a folder, with paths relative to it. */
export async function filesBelow(folder: string): Promise<FileToUpload[]> {
  const base = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
  const entries = await readdir(base, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}${sep}${entry.name}`);
  return Promise.all(
    paths.sort().map(async path => ({
      path: relative(base, path).replaceAll(sep, '/'),
      bytes: await readFile(path),
    })),
  );
}

/** The lines of an example's expected-output.jsonl, sorted. */
export async function expectedOutput(folder: string): Promise<string[]> {
  const text = await readFile(new URL(`../../${folder}/expected-output.jsonl`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '')
    .sort();
}

function execute(
  { module, folder = root, files, flags = [] }: ExampleRun,
  brokers: string,
): Promise<{ exitCode: number | null; output: string }> {
  // `--limit` ends the program with the last file; were one missing, `--until-idle` would.
  const argv = ['--brokers', brokers, '--limit', String(files.length), '--until-idle', '3s', ...flags];
  const child = spawn(process.execPath, ['--import', 'tsx', module, ...argv], {
    cwd: folder,
    env: { ...process.env, REPRODUCER_TABLES: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', exitCode => resolve({ exitCode, output }));
  });
}

/** With kafkajs itself, as a program that knows nothing of this one would. */
async function readResults(brokers: string, topic: string): Promise<string[]> {
  const kafka = new Kafka({ clientId: 'reader', brokers: [brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const end = Number((await admin.fetchTopicOffsets(topic))[0]!.offset);
  await admin.disconnect();
  const results: string[] = [];
  if (end === 0) return results;
  const consumer = kafka.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        eachMessage: ({ message }) => {
          results.push(resultLine(message.key, message.value, message.headers ?? {}));
          if (Number(message.offset) + 1 >= end) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return results.sort();
}

const workersHeaders: readonly string[] = reservedHeaders;

function resultLine(key: Buffer | null, value: Buffer | null, headers: object): string {
  const own = Object.entries(headers)
    .filter(([name]) => !workersHeaders.includes(name))
    .map(([name, content]) => [name, String(content)] as const);
  return JSON.stringify({
    key: key?.toString() ?? null,
    value: JSON.parse(value?.toString() ?? 'null') as unknown,
    ...(own.length === 0 ? {} : { headers: Object.fromEntries(own) }),
  });
}
