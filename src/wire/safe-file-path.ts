import { UnsafePathError } from '../errors.js';
import { insertAppend } from './insert-append.js';

/** Where a file belongs, relative to a root that the receiver chooses. */
export interface SafeFilePath {
  /** `subdirectory/filename`, or `filename` in the root; `/` on every system. */
  readonly path: string;
  /** Last part of `path`, with the append text inserted. */
  readonly filename: string;
  /** Folder part of `path`, normalised; empty for a file in the root. */
  readonly subdirectory: string;
}

/** Folder below an output directory in which files are put together; no file may lie there. */
export const partsFolderName = '.reproducer-parts';

/** NAME_MAX and PATH_MAX of the file systems in use. */
const maxSegmentBytes = 255;
export const maxPathBytes = 4_096;

/** Cc: U+0000 to U+001F, U+007F to U+009F. Surrogate: half a pair, which UTF-8 cannot express. */
const forbiddenCharacter = /[\p{Cc}\p{Surrogate}\\]/u;
const driveLetter = /^[A-Za-z]:/;
/** Windows drops trailing dots and spaces, so such a name becomes empty or `..` there. */
const onlyDotsAndSpaces = /^[. ]+$/;
/**
 * A device whatever follows the first dot or colon, spaces before it included. Superscript digits count as
 * digits.
 */
const windowsDevice = /^(?:con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³]) *(?:[.:]|$)/i;

/**
 * Decides whether the path in a chunk may be used, and gives its normal form. The only place that decides it:
 * every store, download and upload takes its result. Both names come from whoever may write to the topic.
 *
 * Empty and `.` segments of the subdirectory vanish, as in Python. Everything else is kept as it is: case,
 * spaces, decomposed accents. The rules are the same on all systems, so that a file taken over by another host
 * keeps its path; therefore also what only Windows understands is refused (backslash, drive letter, device
 * names).
 *
 * @param filename base name as sent
 * @param append text to insert (`insertAppend`); default none
 * @param mostBytes longest path, in bytes of UTF-8; default and at most 4,096
 * @throws {UnsafePathError} says which part is refused and why. Not retriable: dead-letter the chunk.
 */
export function safeFilePath(
  subdirectory: string,
  filename: string,
  append = '',
  mostBytes: number = maxPathBytes,
): SafeFilePath {
  refuseOverlong(subdirectory, 'subdirectory');
  refuseOverlong(filename, 'filename');
  refuseOverlong(append, 'filename append');
  if (subdirectory.startsWith('/')) throw unsafe(subdirectory, 'subdirectory', 'is absolute');
  if (filename.includes('/')) throw unsafe(filename, 'filename', 'holds a /');
  refuseSegment(filename, 'filename');
  const target = append === '' ? filename : insertAppend(filename, append);
  if (append !== '') refuseSegment(target, 'filename with its append');

  const segments = subdirectory.split('/').filter(segment => segment !== '' && segment !== '.');
  for (const segment of segments) refuseSegment(segment, 'subdirectory');
  const folder = segments.join('/');
  const path = folder === '' ? target : `${folder}/${target}`;
  if (Buffer.byteLength(path) > mostBytes)
    throw unsafe(path, 'path', `has ${Buffer.byteLength(path)} bytes, at most ${mostBytes} are allowed`);
  // As the system would take it that is least particular.
  if ((segments[0] ?? target).toLowerCase().replace(/[. ]+$/, '') === partsFolderName)
    throw unsafe(path, 'path', 'begins with the folder in which files are put together');
  return { path, filename: target, subdirectory: folder };
}

/** Before anything is done with the text: a message may be hundreds of megabytes of slashes. */
function refuseOverlong(text: string, what: string): void {
  if (text.length > maxPathBytes)
    throw unsafe(text, what, `has ${text.length} characters, at most ${maxPathBytes} are allowed`);
}

function refuseSegment(segment: string, what: string): void {
  const problem = segmentProblem(segment);
  if (problem !== undefined) throw unsafe(segment, what, problem);
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'is empty';
  if (segment === '..') return 'leads out of the folder';
  if (onlyDotsAndSpaces.test(segment)) return 'consists of dots and spaces only';
  const forbidden = forbiddenCharacter.exec(segment);
  if (forbidden !== null)
    return `holds ${describeForbidden(forbidden[0])} at position ${forbidden.index + 1}`;
  if (driveLetter.test(segment)) return 'begins with a drive letter';
  if (windowsDevice.test(segment)) return 'is a device name on Windows';
  const byteLength = Buffer.byteLength(segment);
  if (byteLength > maxSegmentBytes) return `has ${byteLength} bytes, at most ${maxSegmentBytes} are allowed`;
  return undefined;
}

function describeForbidden(character: string): string {
  if (character === '\\') return 'a backslash';
  const code = character.charCodeAt(0);
  const codePoint = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code >= 0xd800 ? `half a surrogate pair (${codePoint})` : `a control character (${codePoint})`;
}

function unsafe(text: string, what: string, problem: string): UnsafePathError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new UnsafePathError(`unsafe path: ${what} ${JSON.stringify(shown)} ${problem}`);
}
