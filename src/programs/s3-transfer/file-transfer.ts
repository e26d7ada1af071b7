import { setTimeout as delay } from 'node:timers/promises';
import { TroubleLog } from '../../engine/trouble-log.js';
import { NonRetriableError } from '../../errors.js';
import type { LineWriter } from '../../observe/line-writer.js';
import type { DataFile } from '../../processing/data-file.js';
import type { ProcessorContext } from '../../processing/processor-context.js';
import { concernsOneFile, tellOf } from './judge-s3-error.js';
import type { ObjectContent, S3Bucket } from './s3-bucket.js';

const firstBackoffMs = 500;
const maxBackoffMs = 30_000;
/** S3 takes no longer keys, in UTF-8. */
const mostKeyBytes = 1024;

/**
 * What is done with a file that is whole and verified: it is put into the bucket, unless it is there.
 *
 * While S3 is away, or refuses everything, files wait: it says nothing about them, and as dead letters somebody would have to run
 * them again.
 */
export class FileTransfer {
  /** Of all files: what one of them meets, all do. */
  readonly #trouble: TroubleLog;

  /** @param address of the server, for people */
  constructor(
    private readonly bucket: Pick<S3Bucket, 'name' | 'has' | 'put'>,
    private readonly partBytes: number,
    private readonly address: string,
    log: LineWriter,
  ) {
    this.#trouble = new TroubleLog('transferring', ({ level, fields, message }) =>
      log[level](fields, message),
    );
  }

  /** @throws {NonRetriableError} S3 does not take a file of this name or size */
  async transfer(file: DataFile, context: Pick<ProcessorContext, 'log' | 'signal'>): Promise<void> {
    const { bucket, partBytes } = this;
    const { log, signal } = context;
    const content = contentOf(file);
    const isThere = await this.#patiently(content.key, signal, async () => {
      if (await bucket.has(content, signal)) return true;
      await bucket.put(content, partBytes, signal);
      // Read again: what others see is what counts.
      if (await bucket.has(content, signal)) return false;
      throw new Error(`${content.key} is not what was just put there: another program writes to the bucket`);
    });
    const object = `s3://${bucket.name}/${content.key}`;
    log.debug({ object }, isThere ? 'lies in the bucket already' : 'is in the bucket');
  }

  async #patiently<T>(key: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    for (let failureCount = 0; ; failureCount += 1) {
      try {
        const done = await act();
        this.#trouble.end(performance.now());
        return done;
      } catch (error) {
        if (signal.aborted) throw error;
        if (concernsOneFile(error))
          throw new NonRetriableError(`S3 does not take ${key}: ${tellOf(error)}`, { cause: error });
        const told = new Error(`${this.address}, bucket ${this.bucket.name}: ${tellOf(error)}`);
        this.#trouble.begin(told, performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal });
      }
    }
  }
}

function contentOf(file: DataFile): ObjectContent {
  const key = `${file.source.topic}/${file.path}`;
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > mostKeyBytes)
    throw new NonRetriableError(
      `${key} has ${keyBytes} bytes, and S3 takes names of at most ${mostKeyBytes}`,
    );
  return {
    key,
    size: file.size,
    metadata: { sha512: file.sha512 },
    pieces: () => file.stream() as AsyncIterable<Buffer>,
  };
}
