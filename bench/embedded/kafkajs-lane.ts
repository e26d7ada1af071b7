import kafkajs from 'kafkajs';
import { randomBytes } from 'node:crypto';

/** What one client took for one round. */
export interface LaneTimes {
  readonly sendSeconds: number;
  readonly readSeconds: number;
  /** From sending a small message to its acknowledgement. */
  readonly latenciesMs: readonly number[];
}

export interface Load {
  readonly count: number;
  readonly messageBytes: number;
  readonly pings: number;
}

/** Sends messages one after the other, reads them all, then sends small ones. */
export async function runKafkajsLane(broker: string, topic: string, load: Load): Promise<LaneTimes> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: topic, maxBytesPerPartition: 4_000_000, maxWaitTimeInMs: 50 });
  await producer.connect();
  await consumer.connect();
  try {
    const value = randomBytes(load.messageBytes);
    const sendSeconds = await seconds(async () => {
      for (let index = 0; index < load.count; index++) {
        await producer.send({ topic, messages: [{ value, partition: 0 }] });
      }
    });
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const readSeconds = await readAll(consumer, load.count);
    const latenciesMs: number[] = [];
    for (let index = 0; index < load.pings; index++) {
      const ping = producer.send.bind(producer, { topic, messages: [{ value: 'ping', partition: 0 }] });
      latenciesMs.push((await seconds(ping)) * 1_000);
    }
    return { sendSeconds, readSeconds, latenciesMs };
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

/** @returns seconds from the first batch to the last message: joining a group is not what is measured */
async function readAll(consumer: kafkajs.Consumer, count: number): Promise<number> {
  let seen = 0;
  let startedMs: number | undefined;
  return new Promise((resolve, reject) => {
    const eachBatch = ({ batch }: kafkajs.EachBatchPayload): Promise<void> => {
      startedMs ??= performance.now();
      seen += batch.messages.length;
      if (seen >= count) resolve((performance.now() - startedMs) / 1_000);
      return Promise.resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
}

async function seconds(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await action();
  return (performance.now() - startedMs) / 1_000;
}
