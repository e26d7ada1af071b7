import type { EngineProgress, OpenFileProgress } from '../engine/engine.js';
import type { ProgressCounts } from './progress-log.js';
import { bytesText, countText, numberText } from './quantity-text.js';

export interface LiveLinesOptions {
  /** Characters in a line. */
  readonly width: number;
  readonly hasColors: boolean;
  /** The terminal can show blocks. */
  readonly isUnicode: boolean;
}

const shownFiles = 6;
const barLength = 20;
/** Terminal codes that begin a style (ECMA-48, SGR). */
const codes = { dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** How the worker stands, for the bottom of a terminal: one line about all of it, one for each of the files that are open longest. */
export function liveLines(
  progress: EngineProgress,
  counts: ProgressCounts,
  bytesPerSecond: number,
  options: LiveLinesOptions,
): string[] {
  const isIncomplete = ({ state }: OpenFileProgress): boolean => state === 'assembling';
  // What is missing is worth more than what waits for its turn.
  const { openFiles } = progress;
  const ordered = [...openFiles.filter(isIncomplete), ...openFiles.filter(file => !isIncomplete(file))];
  const files = ordered.slice(0, shownFiles);
  const nameLength = Math.min(
    Math.max(0, ...files.map(({ path }) => path.length)),
    Math.max(10, options.width - barLength - 36),
  );
  const moreCount = progress.openFileCount - files.length;
  return [
    headLine(progress, counts, bytesPerSecond, options),
    ...files.map(file => fileLine(file, nameLength, options)),
    ...(moreCount > 0 ? [cut(`  and ${countText(moreCount, 'more open file')}`, options.width - 1)] : []),
  ];
}

function headLine(
  progress: EngineProgress,
  { done, failed, calls, missingTopic }: ProgressCounts,
  bytesPerSecond: number,
  options: LiveLinesOptions,
): string {
  const parts = [
    ...stateTexts(progress, missingTopic),
    `${countText(done, 'file')} done`,
    ...(failed > 0 ? [`${numberText(failed)} failed`] : []),
    `${numberText(progress.openFileCount)} open`,
    `${bytesText(bytesPerSecond)}/s`,
    ...(progress.lag === undefined ? [] : [`${countText(progress.lag, 'message')} behind`]),
    `${bytesText(progress.recordBytes)} read`,
    ...calls,
  ];
  let text = wholeParts(parts, ' · ', options.width - 1);
  if (!options.isUnicode) text = text.replaceAll('·', '-');
  const failedText = `${numberText(failed)} failed`;
  return failed > 0 ? text.replace(failedText, styled('red', failedText, options)) : text;
}

function stateTexts({ state }: EngineProgress, missingTopic: string | undefined): string[] {
  if (state === 'running') return [];
  if (state === 'connecting' && missingTopic !== undefined)
    return [`topic ${missingTopic} does not exist: waiting for it`];
  return [state.replace('-', ' ')];
}

function fileLine(
  { path, state, heldChunkCount, chunkCount, heldBytes, ageMs }: OpenFileProgress,
  nameLength: number,
  options: LiveLinesOptions,
): string {
  const name = shortened(path, nameLength).padEnd(nameLength);
  const fraction = heldChunkCount / chunkCount;
  const bar = options.width >= 60 ? `${barText(fraction, options)} ` : '';
  const percent = `${Math.floor(100 * fraction)} %`.padStart(5);
  const facts = [stateText(state, chunkCount - heldChunkCount), bytesText(heldBytes), ageText(ageMs)];
  const isStyled = bar !== '' && options.hasColors;
  const plainLength = 2 + nameLength + 1 + (bar === '' ? 0 : barLength + 1) + percent.length + 2;
  const width = options.width - 1 - plainLength;
  const rest = cut(wholeParts(facts, ', ', width), width);
  return `  ${name} ${isStyled ? bar : cut(bar, barLength + 1)}${percent}  ${rest}`.trimEnd();
}

/** As many of them as fit, at least one: half a number would be another number. */
function wholeParts(parts: readonly string[], separator: string, width: number): string {
  let text = parts[0]!;
  for (const part of parts.slice(1)) {
    if (text.length + separator.length + part.length > width) break;
    text += separator + part;
  }
  return text;
}

function barText(fraction: number, options: LiveLinesOptions): string {
  const full = Math.floor(fraction * barLength);
  const [on, off] = options.isUnicode ? ['█', '░'] : ['#', '.'];
  return styled('green', on.repeat(full), options) + styled('dim', off.repeat(barLength - full), options);
}

function stateText(state: OpenFileProgress['state'], missingCount: number): string {
  switch (state) {
    case 'assembling':
      return `${numberText(missingCount)} missing`;
    case 'verifying':
      return 'being checked';
    case 'waiting':
    case 'processing':
      return 'whole';
    case 'producing':
    case 'recording':
      return 'result is sent';
    case 'setting-aside':
      return 'is set aside';
    case 'given-back':
      return 'for the next start';
  }
}

/** `12 s`, `4 min`, `3 h`, `2 d`. */
function ageText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** The end of a path says more than its beginning. */
function shortened(path: string, length: number): string {
  // A name from the topic could otherwise move the cursor.
  const printable = path.replace(/\p{Cc}/gu, '?');
  return printable.length <= length ? printable : `…${printable.slice(printable.length - length + 1)}`;
}

function cut(text: string, length: number): string {
  return text.slice(0, Math.max(0, length));
}

function styled(style: keyof typeof codes, text: string, { hasColors }: LiveLinesOptions): string {
  return hasColors && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
