import { setTimeout as delay } from 'node:timers/promises';
import { buildBatch, type BatchOptions } from '../embedded-kafka/build-batch.js';
import { RawClient } from '../embedded-kafka/raw-client.js';
import { readBatchHeader, type BatchHeader } from '../../src/embedded-kafka/protocol/record-batch.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';

const nameOf = new Map<number, string>(Object.entries(errorCodes).map(([name, code]) => [code, name]));

const isStillEnding = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS',
]);

/** The name of an error code, as tests want to read it. */
function errorName(code: number): string {
  return nameOf.get(code) ?? `code ${code}`;
}

export interface RawProducer {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface RawOffset {
  readonly group: string;
  readonly topic: string;
  readonly offset: bigint;
  readonly metadata?: string;
  readonly generationId?: number;
  readonly memberId?: string;
}

/** Sends the requests of transactions one by one, in any order and version, and reads the error in the answer. */
export class RawTransactions {
  private constructor(private readonly client: RawClient) {}

  static async connect(brokers: readonly string[]): Promise<RawTransactions> {
    return new RawTransactions(await RawClient.connect(Number(brokers[0]!.split(':')[1])));
  }

  /** @param former - what a producer that goes on after an error says that it was; from version 3 */
  async init(
    transactionalId: string,
    former: Omit<RawProducer, 'transactionalId'> = { producerId: -1n, producerEpoch: -1 },
    { version = 4, timeoutMs = 30_000 }: { readonly version?: number; readonly timeoutMs?: number } = {},
  ): Promise<{ error: string; producer: RawProducer }> {
    const response = await this.client.call(22, version, version >= 2, body => {
      body.string(transactionalId).int32(timeoutMs);
      if (version >= 3) body.int64(former.producerId).int16(former.producerEpoch);
    });
    response.int32();
    const error = errorName(response.int16());
    return {
      error,
      producer: { transactionalId, producerId: response.int64(), producerEpoch: response.int16() },
    };
  }

  /** Initialises a producer, waiting for the transaction before to be ended. */
  async initialised(transactionalId: string): Promise<RawProducer> {
    const { error, producer } = await this.init(transactionalId);
    if (error === 'CONCURRENT_TRANSACTIONS') {
      await delay(20);
      return this.initialised(transactionalId);
    }
    if (error !== 'NONE') throw new Error(`InitProducerId: ${error}`);
    return producer;
  }

  /** Adds partitions of one topic. @returns the error of each */
  async addPartitions(
    producer: RawProducer,
    topic: string,
    partitions: readonly number[] = [0],
    version = 3,
  ): Promise<Readonly<Record<number, string>>> {
    const response = await this.client.call(24, version, version >= 3, body => {
      writeProducer(body, producer).structs([topic], name => {
        body.string(name).array(partitions, partition => body.int32(partition));
      });
    });
    response.int32();
    const errors: Record<number, string> = {};
    response.structs(() => {
      response.string();
      response.structs(() => {
        errors[response.int32()] = errorName(response.int16());
      });
    });
    return this.orOnceMore(errors, Object.values(errors)[0]!, () =>
      this.addPartitions(producer, topic, partitions, version),
    );
  }

  async addGroup(producer: RawProducer, group: string, version = 3): Promise<string> {
    const response = await this.client.call(25, version, version >= 3, body => {
      writeProducer(body, producer).string(group);
    });
    response.int32();
    const error = errorName(response.int16());
    return this.orOnceMore(error, error, () => this.addGroup(producer, group, version));
  }

  async end(producer: RawProducer, result: 'commit' | 'abort', version = 3): Promise<string> {
    const response = await this.client.call(26, version, version >= 3, body => {
      writeProducer(body, producer).boolean(result === 'commit');
    });
    response.int32();
    const error = errorName(response.int16());
    return this.orOnceMore(error, error, () => this.end(producer, result, version));
  }

  /** Commits an offset of partition 0. */
  async commitOffset(producer: RawProducer, committed: RawOffset, version = 3): Promise<string> {
    const response = await this.client.call(28, version, version >= 3, body => {
      body.string(producer.transactionalId).string(committed.group);
      body.int64(producer.producerId).int16(producer.producerEpoch);
      if (version >= 3) {
        body
          .int32(committed.generationId ?? -1)
          .string(committed.memberId ?? '')
          .string(null);
      }
      body.structs([committed.topic], topic => {
        body.string(topic).structs([0], partition => {
          body.int32(partition).int64(committed.offset);
          if (version >= 2) body.int32(-1);
          body.string(committed.metadata ?? '');
        });
      });
    });
    response.int32();
    const [codes] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        return errorName(response.int16());
      });
    });
    const error = codes![0]!;
    return this.orOnceMore(error, error, () => this.commitOffset(producer, committed, version));
  }

  /** Commits an offset of partition 0 without a transaction. */
  async commitPlainly({ group, topic, offset }: RawOffset): Promise<string> {
    return errorName(await this.client.commit(group, topic, 0, offset));
  }

  /** Reads the committed offset of partition 0; with `isStable`, one that no open transaction may still change. */
  async committed(group: string, topic: string, isStable = false): Promise<string> {
    const response = await this.client.call(9, 7, true, body => {
      body.string(group).structs([topic], name => {
        body.string(name).array([0], partition => body.int32(partition));
      });
      body.boolean(isStable);
    });
    response.int32();
    const [found] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const offset = response.int64();
        response.int32();
        response.nullableString();
        const error = errorName(response.int16());
        return error === 'NONE' ? `${offset}` : error;
      });
    });
    return found![0]!;
  }

  /** Sends one batch to partition 0, whose header says that it is transactional. */
  async produce(
    producer: RawProducer,
    topic: string,
    batch: Partial<BatchOptions> = {},
    transactionalId: string | null = producer.transactionalId,
  ): Promise<string> {
    const { producerId, producerEpoch } = producer;
    const bytes = buildBatch({
      values: ['v'],
      producerId,
      producerEpoch,
      baseSequence: 0,
      isTransactional: true,
      ...batch,
    });
    const response = await this.client.call(0, 7, false, body => {
      body
        .string(transactionalId)
        .int16(-1)
        .int32(10_000)
        .structs([topic], name => {
          body.string(name).structs([0], index => body.int32(index).bytes(bytes));
        });
    });
    const [codes] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const error = errorName(response.int16());
        response.int64();
        response.int64();
        response.int64();
        return error;
      });
    });
    const error = codes![0]!;
    return this.orOnceMore(error, error, () => this.produce(producer, topic, batch, transactionalId));
  }

  /** Fetches partition 0. */
  async fetch(topic: string, from: bigint, isReadCommitted: boolean): Promise<RawFetch> {
    const response = await this.client.call(1, 11, false, body => {
      body
        .int32(-1)
        .int32(0)
        .int32(1)
        .int32(1_000_000)
        .int8(isReadCommitted ? 1 : 0)
        .int32(0)
        .int32(-1);
      body.structs([topic], name => {
        body.string(name).structs([0], partition => {
          body.int32(partition).int32(-1).int64(from).int64(-1n).int32(1_000_000);
        });
      });
      body.int32(0).string('');
    });
    response.int32();
    response.int16();
    response.int32();
    const [found] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const error = errorName(response.int16());
        const offsets = { end: response.int64(), stable: response.int64(), start: response.int64() };
        const aborted = response.nullableStructs(() => ({
          producerId: response.int64(),
          from: response.int64(),
        }));
        response.int32();
        return { error, ...offsets, aborted, batches: batchesIn(response.nullableBytes()) };
      });
    });
    return found![0]!;
  }

  /** Finds an offset of partition 0. @param timestamp - -1 for the end */
  async offsetAt(topic: string, timestamp: bigint, isReadCommitted: boolean): Promise<bigint> {
    const response = await this.client.call(2, 4, false, body => {
      body
        .int32(-1)
        .int8(isReadCommitted ? 1 : 0)
        .structs([topic], name => {
          body.string(name).structs([0], partition => body.int32(partition).int32(-1).int64(timestamp));
        });
    });
    response.int32();
    const [found] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        response.int16();
        response.int64();
        const offset = response.int64();
        response.int32();
        return offset;
      });
    });
    return found![0]!;
  }

  /** Apache Kafka may still be ending the transaction before; how it says so depends on the request. */
  private async orOnceMore<T>(answer: T, error: string, repeat: () => Promise<T>): Promise<T> {
    if (!isStillEnding.has(error)) return answer;
    await delay(20);
    return repeat();
  }
}

export interface RawFetch {
  readonly error: string;
  readonly end: bigint;
  readonly stable: bigint;
  readonly start: bigint;
  readonly aborted: { readonly producerId: bigint; readonly from: bigint }[] | null;
  readonly batches: readonly (BatchHeader & { readonly bytes: Buffer })[];
}

function batchesIn(bytes: Buffer | null): RawFetch['batches'] {
  const batches = [];
  for (let rest = bytes ?? Buffer.alloc(0); rest.length > 0;) {
    const header = readBatchHeader(rest);
    batches.push({ ...header, bytes: rest.subarray(0, header.byteLength) });
    rest = rest.subarray(header.byteLength);
  }
  return batches;
}

interface FieldWriter {
  string(value: string): this;
  int64(value: bigint): this;
  int16(value: number): this;
}

function writeProducer<T extends FieldWriter>(body: T, producer: RawProducer): T {
  return body.string(producer.transactionalId).int64(producer.producerId).int16(producer.producerEpoch);
}
