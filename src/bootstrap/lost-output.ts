import { closeSync, openSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/** The terminal was closed, or whoever read the pipe has ended. */
const lostCodes: ReadonlySet<string | undefined> = new Set(['EIO', 'EPIPE']);
const standardStreams = [0, 1, 2];
let isOutlived = false;

/**
 * Lets the program go on when nobody reads what it prints any more. Without this the first line after that would end it, in the middle of
 * what it has to bring to an end. For the rest of the process, as the last line may be the one.
 */
export function outliveOutput(): void {
  if (isOutlived) return;
  isOutlived = true;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  const terminals = standardStreams.filter(fd => isatty(fd));
  process.once('exit', () => leaveTerminals(terminals));
}

function onOutputError(error: NodeJS.ErrnoException): void {
  if (lostCodes.has(error.code)) return;
  // Such as a full disk. What it was about is not on it; a stack of this program would say nothing more.
  try {
    writeSync(2, `cannot print: ${error.message}\n`);
  } catch {
    // Standard error lies on the same disk.
  }
  process.exit(1);
}

/**
 * At its end Node gives terminals their modes back, and aborts when one refuses because it was closed (seen in Node 20): the null device in its
 * place leaves nothing to give back.
 */
function leaveTerminals(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    // Takes the lowest number that is free.
    openSync(devNull, 'r+');
  }
}
