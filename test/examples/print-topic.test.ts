import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EmbeddedKafka } from 'kafka-reproducer/embedded-kafka';
import { upload } from '../kafka-driver/upload.js';

it('examples/print-topic.ts prints the keys and values on a topic, and those that come', async () => {
  const kafka = await EmbeddedKafka.start();
  kafka.createTopic('files', 3);
  const send = (path: string): Promise<unknown> =>
    upload(kafka.brokers, 'files', [{ path, bytes: Buffer.from(path) }], { chunkBytes: 64 });
  await send('a.txt');
  const program = fileURLToPath(new URL('../../examples/print-topic.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'files', kafka.brokers], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 50_000,
  });
  try {
    const keys: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      keys.push(line.split('  ')[0]!);
      if (keys.length === 1) await send('b.txt');
      else break;
    }
    expect(keys).toEqual(['_a.txt_chunk_1_of_1', '_b.txt_chunk_1_of_1']);
  } finally {
    child.kill();
    await kafka.stop();
  }
});
