import kafkajs from 'kafkajs';
import { BrokerError } from '../../errors.js';
import type { BlockCodec } from '../../compression/block-codec.js';
import { codecs, defaultMaxBatchBytes } from '../../compression/codecs.js';
import { decompressCounted } from './fetch-answers.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

export interface CompressionLimits {
  /** Most bytes that one record batch may have after decompression; default 128 MiB. */
  readonly maxBatchBytes?: number;
}

/** What kafkajs passes to `compress`. */
interface KafkaJsEncoder {
  readonly buffer: Buffer;
}

/**
 * Teaches kafkajs lz4, snappy and zstd, which it leaves to its users, and bounds gzip, which it has.
 *
 * Python's uploaders compress with lz4 by default, other producers as they like, so a consumer must read all of
 * them. Each codec's package is loaded when the first batch needs it. Calling this again replaces the limits
 * and nothing else; the codecs belong to the kafkajs module, so all clients in the process have them.
 *
 * A batch that cannot be decompressed, or would become too large, makes the fetch fail with a `BrokerError`
 * that is not retriable: kafkajs then stops the consumer, because it cannot step over a batch.
 */
export function registerCompressionCodecs(limits: CompressionLimits = {}): void {
  const maxBatchBytes = limits.maxBatchBytes ?? defaultMaxBatchBytes;
  const entries = [
    [CompressionTypes.GZIP, codecs.gzip],
    [CompressionTypes.Snappy, codecs.snappy],
    [CompressionTypes.LZ4, codecs.lz4],
    [CompressionTypes.ZSTD, codecs.zstd],
  ] as const;
  for (const [type, codec] of entries) {
    const adapter = kafkaJsCodec(codec, maxBatchBytes);
    CompressionCodecs[type] = () => adapter;
  }
}

/** The shape that kafkajs expects of a codec, with errors that say which codec failed. */
function kafkaJsCodec(codec: BlockCodec, maxBatchBytes: number) {
  return {
    compress: (encoder: KafkaJsEncoder): Promise<Buffer> =>
      codec
        .compress(encoder.buffer)
        .catch((error: unknown) =>
          Promise.reject(asBrokerError(`cannot compress a batch with ${codec.name}`, error)),
        ),
    decompress: (batch: Buffer): Promise<Buffer> =>
      decompressCounted(batch, bytes =>
        codec
          .decompress(bytes, maxBatchBytes)
          .catch((error: unknown) =>
            Promise.reject(
              asBrokerError(`cannot decompress a batch of ${batch.length} bytes with ${codec.name}`, error),
            ),
          ),
      ),
  };
}

function asBrokerError(what: string, cause: unknown): BrokerError {
  if (cause instanceof BrokerError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError(`${what}: ${reason}`, { cause, retriable: false });
}
