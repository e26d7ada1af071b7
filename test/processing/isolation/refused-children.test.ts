import { ChildProcess, execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { deferred } from '../../deferred.js';
import type { ChildEnd, StartChild } from '../../../src/processing/isolation/child-port.js';
import { startProcess } from '../../../src/processing/isolation/start-process.js';
import { startThread } from '../../../src/processing/isolation/start-thread.js';
import { compileProgram } from '../../invariants/harness/worker-process.js';

afterEach(() => {
  delete process.env.REPRODUCER_TEST_TOO_MUCH;
});

/** Starts a child that there cannot be, and kills it, as a worker that stops meanwhile does. */
async function refused(start: (listener: Parameters<StartChild>[0]) => ReturnType<StartChild>) {
  const ended = deferred<ChildEnd>();
  let hasReturned = false;
  const port = start({
    onMessage: () => expect.unreachable(),
    onEnd: end => {
      expect(hasReturned).toBe(true);
      ended.resolve(end);
    },
  });
  hasReturned = true;
  port.post({ kind: 'begin', start: {} });
  port.kill();
  return { name: port.name, end: await ended.promise };
}

it('a thread for which Node throws ends as one that could not be started', async () => {
  const { name, end } = await refused(listener => startThread(new URL('no-scheme:x'), listener));
  expect(name).toBe('thread');
  expect(end).toEqual({
    wasRefused: true,
    text: expect.stringMatching(/^could not be started: .*scheme/) as string,
  });
});

it('a process for which Node throws ends as one that could not be started', async () => {
  const { name, end } = await refused(listener => startProcess(new URL('no-scheme:x'), listener));
  expect(name).toBe('process');
  expect(end).toMatchObject({ wasRefused: true });
});

it('one that is not there is not sent a signal, which could reach any other', async () => {
  const kill = vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(true);
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    const { end } = await refused(listener => startProcess(pathToFileURL('/nowhere.js'), listener));
    expect(end).toEqual({ wasRefused: true, text: 'could not be started: spawn /nowhere/node ENOENT' });
    expect(kill).not.toHaveBeenCalled();
  } finally {
    process.execPath = execPath;
    kill.mockRestore();
  }
});

const onLinux = it.runIf(process.platform === 'linux');

onLinux('so does one whose environment is too large', async () => {
  process.env.REPRODUCER_TEST_TOO_MUCH = 'x'.repeat(200_000);
  const { end } = await refused(listener => startProcess(pathToFileURL('/nowhere.js'), listener));
  expect(end).toEqual({ wasRefused: true, text: 'could not be started: spawn E2BIG' });
});

onLinux('and one for which there is no descriptor left', async () => {
  const program = await compileProgram(
    new URL('./programs/without-descriptors.ts', import.meta.url),
    'to-sources',
  );
  const command = `ulimit -n 128; exec '${process.execPath}' '${program}'`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 30_000 });
  expect(stdout).toMatch(/^process could not be started: spawn .* EMFILE\n$/);
});
