import { BrokerError } from '../errors.js';

/** Compresses the records of one batch as a whole. Rejects with any error; the caller names codec and batch. */
export interface BlockCodec {
  readonly name: string;
  compress(records: Buffer): Promise<Buffer>;
  /**
   * @param maxBytes most bytes of the result; decided before that memory is allocated
   */
  decompress(batch: Buffer, maxBytes: number): Promise<Buffer>;
}

/**
 * Loads a package on the first call and remembers it. A failure is remembered too: a package that cannot be
 * loaded now cannot be loaded later either.
 *
 * @throws {BrokerError} names the package and what to do; not retriable
 */
export function lazyPackage<T>(
  codecName: string,
  packageName: string,
  load: () => Promise<T>,
): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () =>
    (loading ??= load().catch((error: unknown) => Promise.reject(loadError(codecName, packageName, error))));
}

function loadError(codecName: string, packageName: string, cause: unknown): BrokerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError(
    `a batch is compressed with ${codecName}, and the package "${packageName}" that reads and writes it failed to load: ` +
      `${reason}. Reinstall it for this system (npm install ${packageName}), or let the producers use another compression.type`,
    { cause, retriable: false },
  );
}

/** @throws {Error} a batch would become larger than allowed */
export function checkDecompressedSize(byteLength: number, maxBytes: number): void {
  if (byteLength > maxBytes)
    throw new Error(`it would become up to ${byteLength} bytes, at most ${maxBytes} are allowed`);
}
