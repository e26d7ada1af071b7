import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { topicsWith } from '../cli/topics-with-files.js';
import { peakFinder, UserProject } from '../cli/user-project.js';

const hasPython = spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status === 0;
if (!hasPython) console.log('Skipped: a closed terminal: there is no python3');

/** Runs what its arguments name in a terminal, closes that when the first argument was printed, and prints how the program ended. */
const inTerminal = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
printed = b''
while sys.argv[1].encode() not in printed:
    printed += os.read(terminal, 65536)
os.close(terminal)
_, status = os.waitpid(pid, 0)
print('signal', os.WTERMSIG(status)) if os.WIFSIGNALED(status) else print('code', os.WEXITSTATUS(status))
`;

let project: UserProject;
let kafka: EmbeddedKafka;
beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start();
  project.writeBoth(
    'slow',
    peakFinder({
      before: `
        console.log('started');
        for (let at = 0; at < 5; at += 1) {
          await new Promise(done => setTimeout(done, 100));
          process.stdout.write('still\\n');
        }`,
      end: 'await runReproducer(PeakFinder, import.meta);',
    }),
  );
});
afterAll(async () => {
  await kafka.stop();
  project.remove();
});

describe.concurrent('a worker whose terminal is closed', () => {
  const results = [{ path: 'a.xy', height: 50 }];

  it.skipIf(!hasPython)('ends its call, commits, and exits with 0', async () => {
    const { flags, values, group } = await topicsWith(kafka, ['a.xy']);
    const terminal = ['-c', inTerminal, 'started', process.execPath, 'slow.js', ...flags];
    expect(await project.start(terminal, 'python3').ended).toMatchObject({ stdout: 'code 0\n' });
    expect(values()).toEqual(results);
    expect(kafka.committedOffsets(group).length).toBeGreaterThan(0);
  });

  it('does so where its output went through pipes that nobody reads any more', async () => {
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const { child, printed, ended } = project.start(['slow.js', ...flags]);
    await printed('started');
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGHUP');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    expect(values()).toEqual(results);
  });

  it('goes on when nohup has started it', async () => {
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const shell = ['-c', 'nohup "$@"', 'bash', process.execPath, 'slow.js', ...flags];
    const { child, printed, ended } = project.start(shell, 'bash');
    await printed('started');
    child.kill('SIGHUP');
    await printed('waiting for files');
    expect(values()).toEqual(results);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });
});
