import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonEnvironment } from '../../interop/python-environment.js';
import { runCommand } from '../run-command.js';
import { runCases, type Case, type MissingSuite, type Suite, type Target } from '../suite.js';

const name = 'OpenMSIStream 1.8.8, its own programs';
const topic = 'openmsistream';

/** The Python original: it uploads files, and its downloader writes them again. */
export function openmsistreamSuite(): Suite | MissingSuite {
  const environment = pythonEnvironment();
  if (environment.kind === 'missing') return { name, missing: environment.reason };
  const folder = dirname(environment.python);
  return { name, run: target => runCases(casesOf(folder), target) };
}

const contents: Readonly<Record<string, Buffer>> = {
  'table.csv': Buffer.from('23.5,1013.2,0.000\n'.repeat(60_000)),
  'one byte.bin': Buffer.from('x'),
  'größe.txt': Buffer.from('12 µm\n'.repeat(1_000)),
};

function casesOf(programs: string): Case[] {
  return [
    {
      test: 'UploadDataFile sends three files',
      run: async target => {
        const config = writeConfig(target);
        mkdirSync(join(target.folder, 'files'), { recursive: true });
        for (const [file, content] of Object.entries(contents)) {
          const path = join(target.folder, 'files', file);
          writeFileSync(path, content);
          const flags = ['--config', config, '--topic_name', topic, '--chunk_size', '131072'];
          await runCommand(join(programs, 'UploadDataFile'), [path, ...flags], { timeoutMs: 90_000 });
        }
        return 'sent';
      },
    },
    {
      test: 'DataFileDownloadDirectory writes the same bytes',
      run: target => download(programs, target),
    },
  ];
}

/** Types `c` and `q`, as a person would, until all files are there. */
async function download(programs: string, target: Target): Promise<string> {
  const output = join(target.folder, 'downloaded');
  const flags = ['--config', writeConfig(target), '--topic_name', topic];
  const group = ['--consumer_group_id', 'downloads', '--update_seconds', '1'];
  const program = join(programs, 'DataFileDownloadDirectory');
  const script = `(sleep 15; echo q) | "$0" "$@"`;
  await runCommand('bash', ['-c', script, program, output, ...flags, ...group], { timeoutMs: 120_000 });
  return Object.entries(contents)
    .map(([file, content]) => {
      const isSame = digest(readFileSync(join(output, file))) === digest(content);
      return `${file}: ${isSame ? 'same' : 'different'}`;
    })
    .join(', ');
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function writeConfig({ broker, folder }: Target): string {
  const path = join(folder, 'openmsistream.config');
  const lines = [
    ...['[broker]', `bootstrap.servers = ${broker}`, ''],
    ...['[producer]', 'batch.size = 200000', 'linger.ms = 100', 'compression.type = lz4'],
    ...['key.serializer = StringSerializer', 'value.serializer = DataFileChunkSerializer', ''],
    ...['[consumer]', 'auto.offset.reset = earliest', 'enable.auto.commit = False', 'fetch.min.bytes = 1'],
    ...['key.deserializer = StringDeserializer', 'value.deserializer = DataFileChunkDeserializer', ''],
  ];
  writeFileSync(path, lines.join('\n'));
  return path;
}
