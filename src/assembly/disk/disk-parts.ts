import { join } from 'node:path';
import { InputError, StorageError } from '../../errors.js';
import { exactNames, type NameFolding } from '../name-folding.js';
import type { PartAction } from '../byte-store.js';
import { leastBytesAsTheyCome } from '../hashing/hash-messages.js';
import type { RunningHashes } from '../hashing/running-hashes.js';
import { PartFile } from './part-file.js';
import { InlinePartHash, ThreadPartHash, type PartHash } from './part-hash.js';
import { PartQueue, type PartTask } from './part-queue.js';
import type {
  PartCheck,
  PartContent,
  PartStorage,
  PartStorageHandlers,
  StoredPlace,
} from './part-storage.js';
import { PartsFolder } from './parts-folder.js';
import { placeInRoot } from './place-in-root.js';

export interface DiskPartsOptions {
  /** Absolute. Part files lie in a folder of it. */
  readonly outputDir: string;
  /** Whether verified files get their final names and stay. */
  readonly keepsFiles: boolean;
  /** Where large files are hashed while they are written; default: in the calling thread. */
  readonly hashes?: RunningHashes;
}

/** Parts that are worked on at the same time: Node has four threads for it. */
const mostBusy = 8;
/** Part files that may stay open, far below what systems allow. */
const mostOpen = 128;
const retryMs = 1_000;

/**
 * Part files on the real disk.
 *
 * A disk that is full or away is no end: the task that failed is tried again until it works, what follows it waits, and what
 * waits is held in memory and counted there, so that reading pauses.
 */
export class DiskParts implements PartStorage {
  readonly #options: DiskPartsOptions;
  readonly #handlers: PartStorageHandlers;
  readonly #folder: PartsFolder;
  readonly #queues = new Map<number, PartQueue>();
  /** Have something to do and are not busy. */
  readonly #ready = new Set<PartQueue>();
  /** Longest unused first. */
  readonly #open = new Set<PartQueue>();
  readonly #troubled = new Set<PartQueue>();
  #busyCount = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(options: DiskPartsOptions, handlers: PartStorageHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#folder = new PartsFolder(options.outputDir);
  }

  async open(): Promise<NameFolding> {
    const { keepsFiles, outputDir } = this.#options;
    const leftBehindCount = await this.#folder.removeLeftBehind();
    if (leftBehindCount > 0)
      this.#handlers.onNote(
        `removed ${leftBehindCount} part files that a run left behind in ${outputDir}; what was in them is read again`,
      );
    if (!keepsFiles) return exactNames;
    try {
      return await this.#folder.probeNames();
    } catch (cause) {
      throw new StorageError(`cannot write to the output directory ${outputDir} (--output-dir)`, { cause });
    }
  }

  act(action: PartAction): void {
    const queue = this.#queueOf(action.part);
    switch (action.kind) {
      case 'write': {
        const { data, startByte } = action;
        queue.expectedBytes = action.expectedBytes ?? 0;
        const byteLength = data.length;
        const onEnd = (): void => {
          // The memory may be given away then.
          action.onDone?.();
          this.#handlers.onWritten(action.part, byteLength);
        };
        return this.#add(queue, {
          run: file => file.write(startByte, data).then(onEnd),
          cancel: onEnd,
        });
      }
      case 'remove':
        queue.isRemoved = true;
        queue.cancelAll();
        return this.#add(queue, { run: file => file.remove(), cancel: () => undefined });
    }
  }

  verify({ part, size, fileHash, chunks }: PartContent): Promise<PartCheck | undefined> {
    const held = [...chunks];
    return this.#ask(part, file => file.verify(size, fileHash, held));
  }

  publish(part: number, path: string): Promise<StoredPlace | undefined> {
    return this.#ask(part, async file => {
      if (!this.#options.keepsFiles) return { storedAt: file.path };
      await file.sync();
      await file.close();
      const localPath = await placeInRoot(file.path, this.#folder.root, path);
      this.#queues.delete(part);
      return { storedAt: localPath, localPath };
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const queue of this.#queues.values()) clearTimeout(queue.retry);
    while (this.#busyCount > 0) await new Promise<void>(resolve => (this.#wake = resolve));
    for (const { file } of this.#queues.values()) await file?.close().catch(() => undefined);
    await this.#folder.remove();
  }

  #queueOf(part: number): PartQueue {
    const known = this.#queues.get(part);
    if (known !== undefined) return known;
    const queue = new PartQueue(part);
    this.#queues.set(part, queue);
    return queue;
  }

  #ask<T>(part: number, question: (file: PartFile) => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const run = async (file: PartFile): Promise<void> => {
        try {
          resolve(await question(file));
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          reject(error);
        }
      };
      this.#add(this.#queueOf(part), { run, cancel: () => resolve(undefined) });
    });
  }

  #add(queue: PartQueue, task: PartTask): void {
    queue.tasks.push(task);
    this.#makeReady(queue);
  }

  #makeReady(queue: PartQueue): void {
    if (queue.isBusy || queue.tasks.length === 0) return;
    this.#ready.add(queue);
    this.#pump();
  }

  #pump(): void {
    for (const queue of this.#ready) {
      if (this.#busyCount >= mostBusy || this.#isClosed) return;
      this.#ready.delete(queue);
      queue.isBusy = true;
      this.#busyCount += 1;
      void this.#runTasks(queue);
    }
  }

  async #runTasks(queue: PartQueue): Promise<void> {
    try {
      while (queue.tasks.length > 0 && !this.#isClosed) {
        // A removal during it takes the others away, not the one that runs.
        const [task] = queue.tasks;
        await task!.run(await this.#fileOf(queue));
        queue.tasks.splice(queue.tasks.indexOf(task!), 1);
        this.#recovered(queue);
      }
    } catch (error) {
      this.#failed(queue, error as Error);
      return;
    }
    queue.isBusy = false;
    if (queue.isRemoved) this.#queues.delete(queue.part);
    this.#noteOpen(queue);
    await this.#closeSome();
    this.#leave();
  }

  /** Nothing runs in this queue until the retry; its place is free for others. */
  #failed(queue: PartQueue, error: Error): void {
    if (error instanceof StorageError && error.isLost) {
      this.#handlers.onLost(error);
    } else if (!this.#isClosed) {
      this.#troubled.add(queue);
      const where = `cannot write below ${this.#options.outputDir} (--output-dir)`;
      this.#handlers.onTrouble(new StorageError(`${where}: ${error.message}`, { cause: error }));
      queue.retry = setTimeout(() => {
        queue.retry = undefined;
        queue.isBusy = false;
        this.#makeReady(queue);
      }, retryMs);
    }
    this.#leave();
  }

  #recovered(queue: PartQueue): void {
    if (this.#troubled.delete(queue) && this.#troubled.size === 0) this.#handlers.onRecovered();
  }

  /** The place that a queue took is free. */
  #leave(): void {
    this.#busyCount -= 1;
    this.#wake?.();
    this.#pump();
  }

  async #fileOf(queue: PartQueue): Promise<PartFile> {
    if (queue.file !== undefined) return queue.file;
    const path = join(await this.#folder.make(), `${queue.part}.part`);
    queue.file ??= new PartFile(path, this.#hashFor(queue, path));
    return queue.file;
  }

  #hashFor({ expectedBytes }: PartQueue, path: string): PartHash {
    const { hashes } = this.#options;
    if (hashes === undefined || expectedBytes < leastBytesAsTheyCome) return new InlinePartHash();
    return new ThreadPartHash(hashes, path);
  }

  #noteOpen(queue: PartQueue): void {
    this.#open.delete(queue);
    if (queue.file?.isOpen === true) this.#open.add(queue);
  }

  async #closeSome(): Promise<void> {
    for (const queue of this.#open) {
      if (this.#open.size <= mostOpen) return;
      // One that is ready is started by whoever gets a place next, and does not ask whether its file is being closed.
      if (queue.isBusy || this.#ready.has(queue)) continue;
      this.#open.delete(queue);
      queue.isBusy = true;
      await queue.file?.close().catch(() => undefined);
      queue.isBusy = false;
      this.#makeReady(queue);
    }
  }
}
