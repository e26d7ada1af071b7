import type { PartFile } from './part-file.js';

/** Something to do with a part file. */
export interface PartTask {
  run(file: PartFile): Promise<void>;
  /** It is not done any more: its part was removed. */
  cancel(): void;
}

/** What is to be done with one part file, in order. */
export class PartQueue {
  readonly part: number;
  /** Length of the whole file, as far as it is known. */
  expectedBytes = 0;
  /** Undefined until its folder is made. */
  file: PartFile | undefined;
  readonly tasks: PartTask[] = [];
  /** A task runs, or waits to be tried again. */
  isBusy = false;
  /** Waits for the disk to take the first task. */
  retry: NodeJS.Timeout | undefined;
  isRemoved = false;

  constructor(part: number) {
    this.part = part;
  }

  /** Takes everything back that does not run. */
  cancelAll(): void {
    const running = this.isBusy && this.retry === undefined ? this.tasks.shift() : undefined;
    for (const task of this.tasks.splice(0)) task.cancel();
    if (running !== undefined) this.tasks.push(running);
  }
}
