import { BrokerError } from '../../src/errors.js';
import type { AdminPort, KafkaDriver, RawRecord, TopicInfo } from '../../src/kafka/driver.js';
import type { EventOwner } from './scheduler.js';
import type { SimulatedKafka } from './simulated-kafka.js';

const pollMs = 40;

/** What a worker asks the broker for beside its group: the state topic, single records, the ends of partitions. */
export function simulatedReads(
  kafka: SimulatedKafka,
  worker: string,
  owner: EventOwner,
): Pick<KafkaDriver, 'readAt' | 'readToEnd' | 'recordReader' | 'admin'> {
  const { scheduler, random, facts } = kafka.world;
  const wait = (most: number): Promise<void> =>
    new Promise(resolve => scheduler.after(random.whole(`reads ${worker}`, 0, most), owner, resolve));
  /** One request; what the broker does runs at one moment. */
  const ask = async <T>(action: () => T): Promise<T> => {
    await wait(40);
    if (kafka.isDown) throw new BrokerError('no answer', { retriable: true });
    const answer = action();
    await wait(40);
    return answer;
  };
  const recordAt = (partition: number, offset: bigint): RawRecord => {
    const { value, timestampMs } = kafka.logs[partition]![Number(offset)]!;
    return { offset, timestampMs, key: null, value: value && Buffer.from(value) };
  };
  const admin: Partial<AdminPort> = {
    describeTopic: topic =>
      ask(() => {
        if (topic === 'chunks') facts.add({ kind: 'ends-told', worker });
        return topic === 'chunks' ? chunksTopic(kafka) : stateTopic;
      }),
    close: () => Promise.resolve(),
  };
  return {
    recordReader: () => ({
      read: async ({ records, onRecords }) => {
        const missing = new Map<number, readonly bigint[]>();
        for (const [partition, wanted] of records) {
          const offsets = wanted.map(({ offset }) => offset);
          const found = await ask(() => offsets.filter(offset => offset >= kafka.logStarts[partition]!));
          onRecords(
            partition,
            found.map(offset => recordAt(partition, offset)),
          );
          missing.set(
            partition,
            offsets.filter(offset => !found.includes(offset)),
          );
        }
        return missing;
      },
      close: () => Promise.resolve(),
    }),
    admin: () => Promise.resolve(admin as AdminPort),
    readToEnd: async ({ from, onRecord }) => {
      const end = await ask(() => kafka.states.end);
      while (!kafka.states.isStableBelow(end)) await wait(pollMs);
      kafka.states.read(Number(from.get(0) ?? 0n), end, record => onRecord(record, 0));
      return new Map([[0, BigInt(end)]]);
    },
    readAt: async ({ offsets, onRecords, untilRoom }) => {
      const missing = new Map<number, readonly bigint[]>();
      for (const [partition, wanted] of offsets) {
        const isThere = (offset: bigint): boolean => offset >= kafka.logStarts[partition]!;
        for (const offset of wanted.filter(isThere)) {
          await untilRoom?.();
          onRecords(partition, [await ask(() => recordAt(partition, offset))]);
        }
        missing.set(
          partition,
          wanted.filter(offset => !isThere(offset)),
        );
      }
      return missing;
    },
  };
}

const stateTopic: TopicInfo = {
  topic: 'states',
  partitions: [],
  config: new Map([['cleanup.policy', 'compact']]),
};

function chunksTopic({ logs, logStarts }: SimulatedKafka): TopicInfo {
  const partitions = logs.map((log, partition) => ({
    ...{ partition, leader: 1, replicas: 1, inSyncReplicas: 1 },
    logStartOffset: BigInt(logStarts[partition]!),
    endOffset: BigInt(log.length),
  }));
  return { topic: 'chunks', partitions, config: null };
}
