import { readFileSync } from 'node:fs';

/** One reading of a process's resident memory. */
export interface MemorySample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Resident memory of a process with all its threads, read every 100 ms; Linux only. */
export class ResidentMemory {
  readonly samples: MemorySample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    const started = performance.now();
    this.#timer = setInterval(() => {
      const bytes = residentBytes(pid);
      if (bytes !== undefined) this.samples.push({ atMs: performance.now() - started, bytes });
    }, 100);
  }

  get peakBytes(): number {
    return this.samples.reduce((peak, { bytes }) => Math.max(peak, bytes), 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One line for each stretch of time: its end in seconds, its highest value in MiB, a bar. */
  curve(lineCount: number): string[] {
    const endMs = this.samples.at(-1)?.atMs ?? 0;
    const peak = this.peakBytes;
    return Array.from({ length: lineCount }, (_, line) => {
      const [from, to] = [line, line + 1].map(at => (at * endMs) / lineCount) as [number, number];
      const within = this.samples.filter(({ atMs }) => atMs >= from && atMs <= to);
      const highest = within.reduce((most, { bytes }) => Math.max(most, bytes), 0);
      const seconds = (to / 1000).toFixed(1).padStart(7);
      return `${seconds} s ${(highest / 2 ** 20).toFixed(0).padStart(6)} MiB ${'#'.repeat(Math.round((40 * highest) / peak))}`;
    });
  }
}

function residentBytes(pid: number): number | undefined {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}
