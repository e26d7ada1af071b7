import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isRunning } from '../is-running.js';

/** A holder is done in seconds; one that is not has died on another host. */
const leftBehindMs = 120_000;

/**
 * Runs something while no other process that asks for the same lock does: a file that exists for so long. One that a crash left
 * behind is put away.
 *
 * @returns whether it ran; false: somebody else holds the lock
 * @throws what `run` throws, or what the system refuses
 */
export async function withLock(path: string, run: () => Promise<void>): Promise<boolean> {
  if (!(await take(path)) && !((await putAwayLeftBehind(path)) && (await take(path)))) return false;
  try {
    await run();
  } finally {
    await rm(path, { force: true });
  }
  return true;
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${hostname()} ${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // On a full disk it was made, and is empty.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Several may find it at once, and one of them be quick enough to hold a new one when another removes it. So they do that one at a
 * time, and look again.
 *
 * @returns whether it is worth another try
 */
async function putAwayLeftBehind(path: string): Promise<boolean> {
  const found = await lookAt(path);
  if (found !== 'left-behind') return found === 'free';
  const removal = `${path}.removal`;
  if (!(await take(removal))) {
    // Of one that died meanwhile: the next try is for others.
    if ((await lookAt(removal)) === 'left-behind') await rm(removal, { force: true });
    return false;
  }
  try {
    const now = await lookAt(path);
    if (now === 'left-behind') await rm(path, { force: true });
    return now !== 'held';
  } finally {
    await rm(removal, { force: true });
  }
}

async function lookAt(path: string): Promise<'free' | 'held' | 'left-behind'> {
  const takenMs = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (takenMs === undefined) return 'free';
  return isLeftBehind(takenMs, await readFile(path, 'utf8').catch(() => '')) ? 'left-behind' : 'held';
}

function isLeftBehind(takenMs: number, holder: string): boolean {
  if (Date.now() - takenMs > leftBehindMs) return true;
  const [host, pid] = holder.split(' ');
  if (host !== hostname() || pid === undefined) return false;
  // A container gives the same number to each process that runs in it.
  if (Number(pid) === process.pid) return takenMs < Date.now() - process.uptime() * 1000;
  return !isRunning(Number(pid));
}
