import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children have used so far. */
export interface ProcessUsage {
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** Sum of the peaks of resident memory. */
  readonly peakBytes: number;
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Reads /proc; Linux only. A process that has just ended counts as nothing. */
export function processUsage(pid: number): ProcessUsage {
  let cpuSeconds = 0;
  let peakBytes = 0;
  for (const id of processTree(pid)) {
    const stat = readOrEmpty(`/proc/${id}/stat`);
    // The second field, the name, may hold spaces; it ends at the last parenthesis. Then state is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // 14 and 15: utime and stime.
    if (stat !== '') cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${id}/status`));
    if (peak !== null) peakBytes += Number(peak[1]) * 1024;
  }
  return { cpuSeconds, peakBytes };
}

function processTree(pid: number): number[] {
  const children = threadIds(pid)
    .flatMap(thread => readOrEmpty(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter(text => text !== '')
    .map(Number);
  return [pid, ...children.flatMap(processTree)];
}

function threadIds(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
