import type { LineWriter } from '../../observe/line-writer.js';
import { bytesText, countText, numberText } from '../../observe/quantity-text.js';
import type { Screen } from '../demo/screen.js';
import { RecentRate } from './recent-rate.js';

/** What is known while files are sent. */
export interface UploadCounts {
  /** Files and bytes that there are to send. */
  readonly fileCount: number;
  readonly byteCount: number;
  /** Files that are done with, in whatever way. */
  readonly endedCount: number;
  /** Bytes of them, and of those that are being sent. */
  readonly sentBytes: number;
  readonly failedCount: number;
}

type ByteCounts = Pick<UploadCounts, 'byteCount' | 'sentBytes'>;

const terminalMs = 200;
const lineMs = 5_000;
const longestBar = 20;
/** A shorter one tells nothing. */
const shortestBar = 6;

/** Shows how far an upload is: in a line that changes on a terminal, otherwise in a line now and then. */
export class UploadProgress {
  readonly #read: () => UploadCounts;
  readonly #rate = new RecentRate({ atMs: performance.now(), sentBytes: 0 });
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #screen: Screen | undefined;
  #lastText = '';

  /** @param screen undefined: no terminal */
  constructor(read: () => UploadCounts, log: LineWriter, screen: Screen | undefined) {
    this.#read = read;
    this.#screen = screen;
    if (screen !== undefined)
      this.#every(terminalMs, (text, counts) => screen.status(withBar(text, counts, screen.width)));
    if (screen === undefined)
      this.#every(lineMs, (text, counts) => {
        if (text === this.#lastText) return;
        this.#lastText = text;
        log.info({ ...counts }, text);
      });
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#screen?.status('');
  }

  #every(ms: number, show: (text: string, counts: UploadCounts) => void): void {
    const timer = setInterval(() => {
      const counts = this.#read();
      this.#rate.add({ atMs: performance.now(), sentBytes: counts.sentBytes });
      show(progressText(counts, this.#rate.bytesPerSecond), counts);
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }
}

/** `12 of 200 files, 1.2 GiB of 3.4 GiB (35 %), 120 MiB/s, 19 s left`. */
export function progressText(counts: UploadCounts, bytesPerSecond: number): string {
  const { fileCount, byteCount, endedCount, sentBytes, failedCount } = counts;
  const percent = Math.floor(100 * fractionOf(counts));
  const parts = [
    `${numberText(endedCount)} of ${countText(fileCount, 'file')}`,
    `${bytesText(sentBytes)} of ${bytesText(byteCount)} (${percent} %)`,
    ...rateTexts(counts, bytesPerSecond),
  ];
  if (failedCount > 0) parts.push(`${numberText(failedCount)} failed`);
  return parts.join(', ');
}

/** `120 MiB/s` and `19 s left`. */
export function rateTexts({ byteCount, sentBytes }: ByteCounts, bytesPerSecond: number): string[] {
  const leftBytes = Math.max(0, byteCount - sentBytes);
  const left = bytesPerSecond > 0 && leftBytes > 0 ? [`${timeText(leftBytes / bytesPerSecond)} left`] : [];
  return [`${bytesText(bytesPerSecond)}/s`, ...left];
}

function fractionOf({ byteCount, sentBytes }: ByteCounts): number {
  return byteCount === 0 ? 1 : Math.min(1, sentBytes / byteCount);
}

/** The text with a bar before it, `[####........]`, as long as the line has room for. */
export function withBar(text: string, counts: ByteCounts, width: number): string {
  const length = Math.min(longestBar, width - text.length - '[] '.length - 1);
  if (length < shortestBar) return text;
  const fullLength = Math.floor(length * fractionOf(counts));
  return `[${'#'.repeat(fullLength)}${'.'.repeat(length - fullLength)}] ${text}`;
}

/** `19 s`, `4 min`, `2 h 5 min`. */
export function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${numberText(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}
