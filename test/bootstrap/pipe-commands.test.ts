import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { watchPipeCommands } from '../../src/bootstrap/terminal-keys.js';
import { compileProgram } from '../invariants/harness/worker-process.js';

function watch(isPipe = true) {
  const seen: string[] = [];
  const input = new PassThrough();
  const stop = watchPipeCommands({
    input,
    onProgress: () => seen.push('progress'),
    onQuit: () => seen.push('quit'),
    isPipe: () => isPipe,
  });
  return { input, seen, stop };
}

describe('commands through a pipe', () => {
  it('are the first letters of lines, with or without the end of the line', () => {
    const { input, seen, stop } = watch();
    input.emit('data', Buffer.from('c\ncheck\n  c\nxc\nquick'));
    expect(seen).toEqual(['progress', 'progress', 'progress', 'quit']);
    input.emit('data', Buffer.from('q'));
    expect(seen).toHaveLength(4);
    stop();
    expect(input.listenerCount('data')).toBe(0);
  });

  it('are not read from anything else', () => {
    const { input } = watch(false);
    expect(input.listenerCount('data')).toBe(0);
  });

  it('print progress and stop a worker', async () => {
    const kafka = await EmbeddedKafka.start();
    kafka.createTopic('in', 1);
    kafka.createTopic('out', 1);
    const program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
    const flags = ['--brokers', kafka.brokers, '--consume-topic', 'in', '--produce-topic', 'out'];
    const child = spawn(process.execPath, [program, ...flags, '--tables', 'none'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const seen: string[] = [];
    createInterface({ input: child.stderr }).on('line', line => {
      const { msg } = JSON.parse(line) as { msg: string };
      if (msg === 'waiting for files') child.stdin.write('c\n');
      if (!msg.startsWith('progress:')) return;
      seen.push(msg);
      child.stdin.write('q');
    });
    const code = await new Promise(resolve => child.once('close', resolve));
    await kafka.stop();
    expect({ code, seen }).toEqual({ code: 0, seen: [expect.stringContaining('0 files done')] });
  });
});
