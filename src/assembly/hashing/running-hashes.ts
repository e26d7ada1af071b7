import { Worker } from 'node:worker_threads';
import {
  patientSliceCount,
  sliceBytes,
  sliceCount,
  type FromHashThread,
  type HashThreadData,
  type ToHashThread,
} from './hash-messages.js';

/** What the hashes need of a thread. */
export type HashPort = Pick<Worker, 'postMessage' | 'terminate'>;

/** Starts the thread. `onEnd`: it is not there any more, or never was. */
export type StartHashThread = (
  data: HashThreadData,
  onAnswer: (answer: FromHashThread) => void,
  onEnd: () => void,
) => HashPort;

/**
 * SHA-512 of files whose bytes come one after another, computed in a thread of its own: a file of 1 GiB takes two seconds, in which
 * the engine's thread would neither fetch nor send heartbeats; and once the last bytes are there, little is left to do.
 *
 * The thread is started with the first bytes. Without it there are no digests, and whoever wants one computes it in another way.
 */
export class RunningHashes {
  readonly #start: StartHashThread;
  readonly #free = Array.from({ length: sliceCount }, (_, slice) => slice);
  readonly #patientFree = Array.from({ length: patientSliceCount }, (_, number) => sliceCount + number);
  /** Wait for one of them. */
  readonly #patient: (() => void)[] = [];
  readonly #onAdded = new Map<number, () => void>();
  readonly #onDigest = new Map<number, (digest: Buffer | undefined) => void>();
  readonly #onEnd: () => void;
  #memory: Uint8Array | undefined;
  #port: HashPort | undefined;
  #hasEnded = false;
  #lastHashId = 0;

  /** @param onEnd called once, when no hash will ever be there again though the engine runs */
  constructor(onEnd: () => void = () => undefined, start: StartHashThread = startThread) {
    this.#onEnd = onEnd;
    this.#start = start;
  }

  /** There will be no digests any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @returns a name that no other hash has */
  nextId(): number {
    this.#lastHashId += 1;
    return this.#lastHashId;
  }

  /**
   * Copies the bytes before it returns. At most `sliceCount` of such may be on their way.
   * @param bytes at most `sliceBytes`
   * @param onAdded called later, also without a thread
   */
  add(hashId: number, bytes: Uint8Array, onAdded: () => void): void {
    const port = this.#started();
    const slice = this.#free.pop();
    if (port === undefined || slice === undefined) return queueMicrotask(onAdded);
    this.#addSlice(port, hashId, bytes, slice, onAdded);
  }

  /**
   * Copies bytes of any length, as fast as they can be hashed.
   * @returns once all are copied, also without a thread
   */
  async addInTurn(hashId: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      const port = this.#started();
      while (this.#patientFree.length === 0 && !this.#hasEnded)
        await new Promise<void>(resolve => this.#patient.push(resolve));
      if (port === undefined || this.#hasEnded) return;
      const slice = this.#patientFree.pop()!;
      this.#addSlice(port, hashId, bytes.subarray(at, at + sliceBytes), slice, () => undefined);
    }
  }

  /** Adds a range of a file. Nobody must change it before the digest is there, but to forget the hash. */
  addFromFile(hashId: number, path: string, startByte: number, endByte: number): void {
    const port = this.#started();
    if (port !== undefined) this.#post(port, { kind: 'add-from-file', hashId, path, startByte, endByte });
  }

  /** Ends the hash. @returns undefined: it could not be computed */
  digest(hashId: number): Promise<Buffer | undefined> {
    const port = this.#started();
    if (port === undefined) return Promise.resolve(undefined);
    return new Promise(resolve => {
      this.#onDigest.set(hashId, resolve);
      this.#post(port, { kind: 'digest', hashId });
    });
  }

  forget(hashId: number): void {
    if (this.#port !== undefined && !this.#hasEnded) this.#post(this.#port, { kind: 'forget', hashId });
  }

  close(): void {
    this.#end();
    void this.#port?.terminate();
  }

  #addSlice(port: HashPort, hashId: number, bytes: Uint8Array, slice: number, onAdded: () => void): void {
    this.#memory!.set(bytes, slice * sliceBytes);
    this.#onAdded.set(slice, onAdded);
    this.#post(port, { kind: 'add', hashId, slice, byteLength: bytes.length });
  }

  #started(): HashPort | undefined {
    if (this.#hasEnded) return undefined;
    if (this.#port !== undefined) return this.#port;
    const memory = new SharedArrayBuffer((sliceCount + patientSliceCount) * sliceBytes);
    this.#memory = new Uint8Array(memory);
    const onEnd = (): void => {
      if (this.#end()) this.#onEnd();
    };
    try {
      this.#port = this.#start({ memory }, answer => this.#take(answer), onEnd);
    } catch {
      // No memory for a thread, say. Whoever asked goes on as without one.
      queueMicrotask(onEnd);
    }
    return this.#port;
  }

  #post(port: HashPort, message: ToHashThread): void {
    port.postMessage(message);
  }

  #take(answer: FromHashThread): void {
    if (answer.kind === 'added') {
      const onAdded = this.#onAdded.get(answer.slice);
      this.#onAdded.delete(answer.slice);
      if (answer.slice < sliceCount) this.#free.push(answer.slice);
      else this.#patientFree.push(answer.slice);
      if (this.#patientFree.length > 0) this.#patient.shift()?.();
      onAdded?.();
      return;
    }
    const resolve = this.#onDigest.get(answer.hashId);
    this.#onDigest.delete(answer.hashId);
    resolve?.(answer.digest === undefined ? undefined : Buffer.from(answer.digest));
  }

  /** @returns whether it is the end */
  #end(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    for (const onAdded of this.#onAdded.values()) onAdded();
    for (const resolve of this.#onDigest.values()) resolve(undefined);
    for (const resolve of this.#patient.splice(0)) resolve();
    this.#onAdded.clear();
    this.#onDigest.clear();
    return true;
  }
}

/** It has next to nothing of its own to keep. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

function startThread(
  data: HashThreadData,
  onAnswer: (answer: FromHashThread) => void,
  onEnd: () => void,
): HashPort {
  const worker = new Worker(new URL('./hash-thread.js', import.meta.url), {
    workerData: data,
    name: 'kafka-reproducer hashing',
    execArgv: [],
    resourceLimits,
  });
  worker.on('message', onAnswer);
  worker.on('error', onEnd);
  worker.on('exit', onEnd);
  // What waits for an answer keeps the process alive.
  worker.unref();
  return worker;
}
