import { processWide } from './process-wide.js';

/** An answer to a Fetch that is being decoded. */
export interface FetchAnswer {
  readonly bytes: Buffer;
  /** No batch but the first is decompressed that would make it larger, if it grows as those before. */
  readonly mostBytes: number;
  compressedBytes: number;
  decompressedBytes: number;
}

/** Few at a time: one for each connection. */
const decoded = processWide('fetch answers', () => new Set<FetchAnswer>());

/** kafkajs takes the batches up to here, and those behind as cut off, as the last one of an answer often is. They are fetched again. */
export class AnswerIsFullError extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

/** Counts the batches of an answer while it is decoded. @returns what they were and became */
export async function whileDecoded<T>(
  bytes: Buffer,
  mostBytes: number,
  decode: () => Promise<T>,
): Promise<{ readonly result: T; readonly answer: FetchAnswer }> {
  const answer: FetchAnswer = { bytes, mostBytes, compressedBytes: 0, decompressedBytes: 0 };
  decoded.add(answer);
  try {
    return { result: await decode(), answer };
  } finally {
    decoded.delete(answer);
  }
}

/**
 * Decompresses a batch, unless the answer it lies in has become large enough.
 * @throws {AnswerIsFullError} it has
 */
export async function decompressCounted(
  batch: Buffer,
  decompress: (batch: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const answer = answerWith(batch);
  if (answer === undefined) return decompress(batch);
  if (isFullFor(answer, batch)) throw new AnswerIsFullError();
  const records = await decompress(batch);
  answer.compressedBytes += batch.length;
  answer.decompressedBytes += records.length;
  return records;
}

function isFullFor(answer: FetchAnswer, { length }: Buffer): boolean {
  const { compressedBytes, decompressedBytes, mostBytes } = answer;
  if (compressedBytes === 0) return false;
  return decompressedBytes + (length * decompressedBytes) / compressedBytes > mostBytes;
}

/** kafkajs hands out views into the answer, and says of none where it comes from. */
function answerWith(batch: Buffer): FetchAnswer | undefined {
  for (const answer of decoded) {
    const start = batch.byteOffset - answer.bytes.byteOffset;
    if (batch.buffer === answer.bytes.buffer && start >= 0 && start < answer.bytes.length) return answer;
  }
  return undefined;
}
