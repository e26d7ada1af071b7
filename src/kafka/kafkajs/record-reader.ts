import { BrokerError } from '../../errors.js';
import type { RecordReader, WantedRecord, WantedRecords } from '../driver.js';
import { connectCluster, type ConnectedCluster } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import { toBrokerError } from './judge-kafka-error.js';
import { PartitionRecords } from './partition-records.js';

/** Beside its value: key, headers, and what batches and chunks say of themselves. */
const overheadBytes = 2 * 1024;
/** Of one answer. */
const mostBytes = 4 * 1024 * 1024;
/** What lies between two records that are wanted is read with them up to here: it takes less time than another request. */
const mostBetweenBytes = 256 * 1024;

/** Reads records of one topic with connections that stay, see `RecordReader`. */
export class KafkajsRecordReader implements RecordReader {
  readonly #topic: string;
  readonly #createClient: () => KafkaClient;
  #connected: { readonly client: KafkaClient; readonly cluster: Promise<ConnectedCluster> } | undefined;
  #isClosed = false;

  constructor(topic: string, createClient: () => KafkaClient) {
    this.#topic = topic;
    this.#createClient = createClient;
  }

  async read({ records, onRecords }: WantedRecords): Promise<ReadonlyMap<number, readonly bigint[]>> {
    const topic = this.#topic;
    try {
      const { cluster } = await this.#connect();
      const read = async ([partition, wanted]: [number, readonly WantedRecord[]]) => {
        const reading = new PartitionRecords(cluster, { topic, partition, onRecords, withOthers: true });
        const offsets = wanted.map(({ offset }) => offset);
        // `rest` is what is left of the end.
        const maxBytesFor = (rest: readonly bigint[]): number =>
          bytesOfNeighbours(wanted.slice(-rest.length));
        return [partition, await reading.read(offsets, maxBytesFor)] as const;
      };
      // One after the other: with two Fetches at a time over one connection, memory of the answers could not be used again.
      const gone = new Map<number, readonly bigint[]>();
      for (const each of records) gone.set(...(await read(each)));
      return gone;
    } catch (error) {
      await this.#disconnect();
      throw error instanceof BrokerError ? error : toBrokerError(`cannot read topic ${topic}`, error);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#disconnect();
  }

  async #connect(): Promise<ConnectedCluster> {
    if (this.#isClosed) throw new BrokerError('the reader is closed', { retriable: false });
    if (this.#connected === undefined) {
      const client = this.#createClient();
      this.#connected = { client, cluster: connectTo(client, this.#topic) };
    }
    return this.#connected.cluster;
  }

  async #disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    connected?.client.destroy();
    await connected?.cluster.then(
      ({ disconnect }) => disconnect(),
      () => undefined,
    );
  }
}

async function connectTo(client: KafkaClient, topic: string): Promise<ConnectedCluster> {
  const connected = await connectCluster(client, 'none');
  try {
    await connected.cluster.addMultipleTargetTopics([topic]);
    return connected;
  } catch (error) {
    await connected.disconnect();
    throw error;
  }
}

/** Of the first of these records and those that follow it closely. */
function bytesOfNeighbours(wanted: readonly WantedRecord[]): number {
  let bytes = 0;
  let previous = wanted[0]!;
  for (const record of wanted) {
    // What lies between is taken for as long as its neighbours.
    const between = Number(record.offset - previous.offset - 1n) * previous.byteLength;
    if (record !== wanted[0] && between > mostBetweenBytes) break;
    const more = Math.max(0, between) + record.byteLength + overheadBytes;
    if (bytes > 0 && bytes + more > mostBytes) break;
    bytes += more;
    previous = record;
  }
  return bytes;
}
