import type { EngineProgress } from '../engine/engine.js';
import { LiveBlock } from './live-block.js';
import { liveLines } from './live-lines.js';
import type { ProgressCounts } from './progress-log.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The rate is that of so many updates, which come once a second. */
const rateUpdates = 5;

/** Shows on a terminal how the worker stands, below the lines of the log. */
export class LiveProgress {
  readonly #block: LiveBlock;
  readonly #hasColors: boolean;
  readonly #isUnicode: boolean;
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  private constructor(block: LiveBlock, env: Environment) {
    this.#block = block;
    // https://no-color.org
    this.#hasColors = (env['NO_COLOR'] ?? '') === '';
    this.#isUnicode = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  }

  /** @returns undefined where standard error is no terminal, or one that cannot move its cursor */
  static open(env: Environment): LiveProgress | undefined {
    if (!process.stderr.isTTY || env['TERM'] === 'dumb') return undefined;
    return new LiveProgress(new LiveBlock(process.stderr, [process.stdout]), env);
  }

  /** @param atMs milliseconds that never go back */
  update(progress: EngineProgress, counts: ProgressCounts, atMs: number): void {
    const sample = { atMs, bytes: progress.recordBytes };
    this.#samples.push(sample);
    if (this.#samples.length > rateUpdates + 1) this.#samples.shift();
    const first = this.#samples[0]!;
    const seconds = (atMs - first.atMs) / 1000;
    const rate = seconds > 0 ? (sample.bytes - first.bytes) / seconds : 0;
    const { width } = this.#block;
    const [hasColors, isUnicode] = [this.#hasColors, this.#isUnicode];
    this.#block.show(liveLines(progress, counts, rate, { width, hasColors, isUnicode }));
  }

  close(): void {
    this.#block.close();
  }
}
