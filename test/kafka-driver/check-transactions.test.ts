import { expect, test } from 'vitest';
import { internals, type ProtocolRequest } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();

async function check(transactionalId: string, groupId: string): Promise<void> {
  const admin = await broker.driver.admin();
  await admin.checkTransactions(transactionalId, groupId).finally(() => admin.close());
}

/** Answers all requests of a kind, of any kafkajs in this process, while `act` runs. */
async function answering(
  name: string,
  change: (data: object) => object,
  act: () => Promise<void>,
): Promise<void> {
  const requests = internals.requests!;
  const original = requests[name]!;
  const changed = ({ request, response }: ProtocolRequest): ProtocolRequest => ({
    request,
    response: {
      decode: async raw => change((await response.decode(raw)) as object),
      parse: data => response.parse(data),
    },
  });
  requests[name] = { ...original, protocol: of => args => changed(original.protocol(of)(args)) };
  await act().finally(() => (requests[name] = original));
}

/** As a broker of Kafka 2.4 says it: TxnOffsetCommit up to 2. */
const asOldBroker = (data: object) => {
  const { apiVersions } = data as { apiVersions: { apiKey: number; maxVersion: number }[] };
  return {
    ...data,
    apiVersions: apiVersions.map(api => (api.apiKey === 28 ? { ...api, maxVersion: 2 } : api)),
  };
};
const tooOld =
  'exactly-once delivery is not possible here: it needs Kafka 2.5 or later, which speaks version 3 of TxnOffsetCommit; ' +
  'this broker serves versions up to 2. Use --delivery at-least-once';

test('a broker that can do it passes, and the producer at work is not shut out by being asked', async () => {
  const topic = await createTopic(broker.driver, 1);
  const groupId = uniqueName('group');
  const transactionalId = uniqueName('id');
  const options = { ...consumerOptions(groupId, topic), transactionalId };
  const member = new GroupMember(broker.driver, { ...options, placement: 'one-member' });
  await member.port.start();
  await waitUntil(() => member.owned.get(0)?.isCommittedKnown === true);
  const commit = (offset: bigint) =>
    member.port.commitTransaction(member.epoch, [], [{ partition: 0, offset, metadata: `next=${offset}` }]);
  expect(await commit(1n)).toBe('committed');
  await check(transactionalId, groupId);
  expect(await commit(2n)).toBe('committed');
  await member.port.stop(5_000);
});

test('a broker that is too old is refused with the reason', async () => {
  await answering('ApiVersions', asOldBroker, async () => {
    await expect(check(uniqueName('id'), uniqueName('group'))).rejects.toMatchObject({
      message: tooOld,
      retriable: false,
      isForbidden: true,
    });
  });
});

test('a consumer on a broker that is too old ends before it joins', async () => {
  const topic = await createTopic(broker.driver, 1);
  const options = { ...consumerOptions(uniqueName('group'), topic), transactionalId: uniqueName('id') };
  const member = new GroupMember(broker.driver, options);
  await answering('ApiVersions', asOldBroker, async () => {
    await member.port.start();
    expect(member.fatal.map(({ message }) => message)).toEqual([expect.stringContaining(tooOld) as string]);
    expect(member.assignments).toEqual([]);
  });
  await member.port.stop(5_000);
});

test('a missing right to the transactional id is refused with its name', async () => {
  const forbidden = (data: object) => ({ ...data, errorCode: 53 });
  await answering('EndTxn', forbidden, async () => {
    await expect(check('lab.raw', uniqueName('group'))).rejects.toMatchObject({
      message:
        'exactly-once delivery is not possible here: cannot write with transactional id lab.raw: ' +
        'this user has no right to use the transactional id; it needs WRITE and DESCRIBE on it (TRANSACTIONAL_ID_AUTHORIZATION_FAILED)',
      isForbidden: true,
    });
  });
});
