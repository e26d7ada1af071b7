import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../test/interop/python-environment.js';

export const chunkBytes = 512 * 1024;

/** What one run of a program is given. */
export interface UploadPlace {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** With the files, and nothing else. */
  readonly source: string;
  /** Scratch folder of this run. */
  readonly scratch: string;
}

/** A program that is measured. */
export interface Uploader {
  readonly name: string;
  readonly description: string;
  command(place: UploadPlace): { readonly program: string; readonly args: readonly string[] };
}

const bareProgram = fileURLToPath(new URL('../programs/bare_uploader.py', import.meta.url));
const ownRoot = fileURLToPath(new URL('../../', import.meta.url));

/** @param other folder of another built checkout of this package, to compare with */
export function uploaders(wanted: readonly string[], other: string | undefined): Uploader[] {
  const all = [
    product('product', 'reproducer upload', ownRoot),
    ...(other === undefined ? [] : [product('other', `reproducer upload of ${other}`, resolve(other))]),
    ...pythonUploaders(wanted),
  ];
  return all.filter(({ name }) => wanted.includes(name) || name === 'other');
}

function product(name: string, description: string, root: string): Uploader {
  return {
    name,
    description,
    command: ({ brokers, topic, source }) => ({
      program: process.execPath,
      args: [
        ...[join(root, 'dist/src/cli/main.js'), 'upload', source, '--topic', topic],
        ...['--brokers', brokers.join(','), '--chunk-bytes', String(chunkBytes)],
      ],
    }),
  };
}

function pythonUploaders(wanted: readonly string[]): Uploader[] {
  if (!wanted.includes('python') && !wanted.includes('bare')) return [];
  const environment = pythonEnvironment();
  if (environment.kind === 'missing') {
    console.log(`The Python programs are skipped: ${environment.reason}`);
    return [];
  }
  const { python } = environment;
  return [
    {
      name: 'python',
      description: 'OpenMSIStream 1.8.8, DataFileUploadDirectory, 2 threads',
      command: ({ brokers, topic, source, scratch }) => ({
        program: join(dirname(python), 'DataFileUploadDirectory'),
        args: [
          ...[
            source,
            '--config',
            originalConfig(scratch, brokers),
            '--topic_name',
            topic,
            '--upload_existing',
          ],
          ...['--n_threads', '2', '--chunk_size', String(chunkBytes)],
        ],
      }),
    },
    {
      name: 'bare',
      description: 'librdkafka alone: reads, hashes, packs, sends',
      command: ({ brokers, topic, source }) => ({
        program: python,
        args: [
          ...[bareProgram, '--brokers', brokers.join(','), '--topic', topic],
          ...['--folder', source, '--chunk-bytes', String(chunkBytes)],
        ],
      }),
    },
  ];
}

/** The producer's settings are those of the example that the original ships, without compression, which helps none of these files. */
function originalConfig(scratch: string, brokers: readonly string[]): string {
  const path = join(scratch, 'upload.config');
  const producer = [
    'batch.size = 2000000',
    'linger.ms = 100',
    'key.serializer = StringSerializer',
    'value.serializer = DataFileChunkSerializer',
  ];
  writeFileSync(
    path,
    `[broker]\nbootstrap.servers = ${brokers.join(',')}\n\n[producer]\n${producer.join('\n')}\n`,
  );
  return path;
}
