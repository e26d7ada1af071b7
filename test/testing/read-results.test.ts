import kafkajs, { type Transaction } from 'kafkajs';
import { expect, it } from 'vitest';
import { readResults, TestKafka } from '../../src/testing/index.js';

async function send(transaction: Transaction, ...values: string[]): Promise<void> {
  for (const value of values) await transaction.send({ topic: 'results', messages: [{ value }] });
}

it('reads neither aborted nor unfinished transactions, unless it is asked for uncommitted results', async () => {
  const kafka = await TestKafka.start({ topics: { results: 1 } });
  const client = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const settings = { maxInFlightRequests: 1, idempotent: true };
  const producer = client.producer({ transactionalId: 'one', ...settings });
  const other = client.producer({ transactionalId: 'two', ...settings });
  try {
    await Promise.all([producer.connect(), other.connect()]);
    const open = await other.transaction();
    await send(open, 'open');
    const aborted = await producer.transaction();
    await send(aborted, 'aborted 1', 'aborted 2');
    await aborted.abort();
    const committed = await producer.transaction();
    await send(committed, 'committed 1', 'committed 2');
    await committed.commit();
    const texts = async (...options: [{ isolation: 'read_uncommitted' }?]): Promise<(string | null)[]> =>
      (await readResults(kafka, 'results', ...options)).map(({ text }) => text);
    expect(await texts()).toEqual(['committed 1', 'committed 2']);
    expect(await texts({ isolation: 'read_uncommitted' })).toEqual([
      'open',
      'aborted 1',
      'aborted 2',
      'committed 1',
      'committed 2',
    ]);
    await open.commit();
    expect(await texts()).toEqual(['open', 'committed 1', 'committed 2']);
  } finally {
    await Promise.all([producer.disconnect(), other.disconnect()]);
    await kafka.stop();
  }
});
