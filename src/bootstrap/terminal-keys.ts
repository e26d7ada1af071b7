import { fstatSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import type { Logger } from '../logger.js';

export interface TerminalKeysOptions {
  readonly input: ReadStream;
  readonly logger: Logger;
  readonly onProgress: () => void;
  readonly onQuit: () => void;
  /** Sends a signal to this process. */
  readonly raise?: (signal: NodeJS.Signals) => void;
  /** Whether another process group has the terminal; default: as the system says. */
  readonly isInBackground?: () => boolean;
}

/** What a terminal in raw mode no longer turns into signals by itself. */
const signalKeys: ReadonlyMap<string, NodeJS.Signals> = new Map([
  ['\u0003', 'SIGINT'],
  ['\u001c', 'SIGQUIT'],
  ['\u001a', 'SIGTSTP'],
]);

/**
 * The same for a program that is started by another one with a pipe as standard input: a line that begins with `c` prints progress,
 * one that begins with `q` stops (so `check` and `quit` do, too). The end of the pipe stops nothing.
 *
 * A file or the null device is not read, and reading keeps no process alive.
 *
 * @returns ends it
 */
export function watchPipeCommands(options: PipeCommandsOptions): () => void {
  const { input, onProgress, onQuit } = options;
  if (!(options.isPipe ?? isPipe)()) return () => undefined;
  let isLineBegin = true;
  const onData = (data: Buffer | string): void => {
    for (const character of String(data)) {
      if (isLineBegin && character === 'c') onProgress();
      else if (isLineBegin && character === 'q') onQuit();
      isLineBegin = character === '\n' || (isLineBegin && /\s/.test(character));
    }
  };
  input.on('data', onData);
  outliveInput(input);
  (input as Partial<Socket>).unref?.();
  return () => {
    input.off('data', onData);
    input.pause();
  };
}

/** A terminal that was closed cannot be read, nor be given back as it was. */
function outliveInput(input: Readable): void {
  if (input.listenerCount('error') === 0) input.on('error', () => undefined);
}

export interface PipeCommandsOptions {
  readonly input: Readable;
  readonly onProgress: () => void;
  readonly onQuit: () => void;
  /** Whether standard input is a pipe or a socket; default: as the system says. */
  readonly isPipe?: () => boolean;
}

function isPipe(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

/**
 * While a worker runs in a terminal, `c` prints progress and `q` stops it, without Enter.
 *
 * Nothing is done when standard input is no terminal, or when the process is in the background: reading would stop it.
 *
 * @returns gives the terminal back as it was
 */
export function watchTerminalKeys(options: TerminalKeysOptions): () => void {
  const { input, logger, onProgress, onQuit } = options;
  if (!input.isTTY || (options.isInBackground ?? isInBackground)()) return () => undefined;
  const raise = options.raise ?? (signal => process.kill(process.pid, signal));
  const wasRaw = input.isRaw;
  const toRaw = (): void => {
    input.setRawMode(true);
  };
  const onData = (data: Buffer | string): void => {
    for (const key of String(data)) {
      const signal = signalKeys.get(key);
      if (key === 'c') onProgress();
      else if (key === 'q') onQuit();
      else if (signal !== undefined) {
        if (signal !== 'SIGINT') input.setRawMode(wasRaw);
        raise(signal);
      }
    }
  };
  outliveInput(input);
  toRaw();
  input.on('data', onData);
  input.resume();
  // After Ctrl-Z and `fg`.
  process.on('SIGCONT', toRaw);
  logger.info({}, 'type c for progress, q to stop');
  return () => {
    process.off('SIGCONT', toRaw);
    input.off('data', onData);
    input.setRawMode(wasRaw);
    input.pause();
    input.unref();
  };
}

/** Whether another process group has the terminal (`node worker.js &`). Known on Linux only; elsewhere false. */
function isInBackground(): boolean {
  try {
    // After the command's name in parentheses, which may hold anything: state, parent, group, session, terminal, its group.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] !== fields[5];
  } catch {
    return false;
  }
}
