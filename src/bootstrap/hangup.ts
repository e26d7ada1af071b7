import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** `O_ACCMODE` and `O_WRONLY`; the same on every system. */
const accessMode = 3;
const writeOnly = 1;

/** What is looked at, in a test something else. */
export interface StartedProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The flags of the open standard input, as the system counts them; undefined where it does not tell. */
  readonly inputFlags?: () => number | undefined;
}

/**
 * Whether SIGHUP is to be left alone, as the program was started with `nohup`.
 *
 * What `nohup` does, to have the signal ignored, is lost here: Node gives every signal its default action back when it starts, so the
 * system no longer knows. Two marks remain. The shells bash and zsh put the path of what they start into the variable `_`, and programs in
 * between hand it on. And GNU's `nohup` takes a terminal away from standard input by opening the null device for writing only, as nothing
 * else does.
 */
export function isStartedByNohup(started: StartedProcess = {}): boolean {
  const { env = process.env, inputFlags = flagsOfInput } = started;
  if (basename(env['_'] ?? '') === 'nohup') return true;
  const flags = inputFlags();
  return flags !== undefined && (flags & accessMode) === writeOnly;
}

/** On Linux only. */
function flagsOfInput(): number | undefined {
  try {
    if (readlinkSync('/proc/self/fd/0') !== '/dev/null') return undefined;
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1];
    return flags === undefined ? undefined : Number.parseInt(flags, 8);
  } catch {
    return undefined;
  }
}
