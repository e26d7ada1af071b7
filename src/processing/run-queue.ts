/** A file that waits for its call. */
export interface QueueEntry {
  /** Order of arrival; kept when the file comes back for another attempt. */
  readonly sequence: number;
  readonly path: string;
  /** Entries of one lane are called one at a time; undefined: no such rule. */
  readonly lane: string | symbol | undefined;
}

/**
 * Which file is called next: in order of arrival, past those that may not start yet.
 *
 * A file may not start while a call of its lane runs, or while another file of the same path is between its first call
 * and its outcome (a second upload, or the same file read again after a rebalance while the old call still runs). Such a
 * file keeps its place and costs no concurrency. A file that comes back after a failed attempt takes its old place, which
 * lets nobody starve because attempts are limited.
 */
export class RunQueue<Entry extends QueueEntry> {
  readonly #waiting: Entry[] = [];
  readonly #busyLanes = new Set<string | symbol>();
  readonly #openPaths = new Map<string, Entry>();

  get waiting(): readonly Entry[] {
    return this.#waiting;
  }

  add(entry: Entry): void {
    let index = this.#waiting.length;
    while (index > 0 && this.#waiting[index - 1]!.sequence > entry.sequence) index -= 1;
    this.#waiting.splice(index, 0, entry);
  }

  /** The next entry that may start; its lane is busy and its path open from now on. */
  takeNext(): Entry | undefined {
    const index = this.#waiting.findIndex(entry => this.#mayStart(entry));
    if (index === -1) return undefined;
    const entry = this.#waiting.splice(index, 1)[0]!;
    if (entry.lane !== undefined) this.#busyLanes.add(entry.lane);
    this.#openPaths.set(entry.path, entry);
    return entry;
  }

  /** The entry's call has ended; it may be added again for another attempt. */
  leaveLane(entry: Entry): void {
    if (entry.lane !== undefined) this.#busyLanes.delete(entry.lane);
  }

  /** The entry has its outcome. Removes it if it still waits; a running one leaves its lane on its own. */
  finish(entry: Entry): void {
    const index = this.#waiting.indexOf(entry);
    if (index !== -1) this.#waiting.splice(index, 1);
    if (this.#openPaths.get(entry.path) === entry) this.#openPaths.delete(entry.path);
  }

  #mayStart(entry: Entry): boolean {
    if (entry.lane !== undefined && this.#busyLanes.has(entry.lane)) return false;
    const open = this.#openPaths.get(entry.path);
    return open === undefined || open === entry;
  }
}
