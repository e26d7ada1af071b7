import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends a child by force when this process has ended, whatever ended it: a test runner may kill it, and then nothing is done of what was
 * prepared for its end. A shell waits for that on a pipe.
 */
export function endWithThisProcess(child: ChildProcess): void {
  const watcher = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Its number may go to another process from then on.
  child.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
}
