import { expect, test } from 'vitest';
import { checkKafkajs, internals, type ProtocolRequest } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { patchKafkajs } from '../../src/kafka/kafkajs/patches/patch-kafkajs.js';
import { stableOnly } from '../../src/kafka/kafkajs/patches/offset-fetch.js';
import { withMember } from '../../src/kafka/kafkajs/patches/txn-offset-commit.js';

patchKafkajs();

function request(name: string, version: number, args: object): ProtocolRequest {
  return internals.requests![name]!.protocol({ version })(args as never);
}

async function bytesOf({ request }: ProtocolRequest): Promise<string> {
  return ((await request.encode()) as unknown as { buffer: Buffer }).buffer.toString('hex');
}

const topics = () => [{ topic: 'raw', partitions: [{ partition: 2, offset: '7', metadata: 'm' }] }];
const commit = { transactionalId: 'tx', groupId: 'g', producerId: '5', producerEpoch: 3 };

// The fields by hand, from Apache Kafka's request definitions. Texts and arrays are written with their length plus one.
const commitStart = '00' + '037478' + '0267' + '0000000000000005' + '0003';
const commitTopics =
  '02' + '04726177' + '02' + '00000002' + '0000000000000007' + 'ffffffff' + '026d' + '00' + '00' + '00';

test('offsets of a transaction name the member and its generation', async () => {
  const marked = withMember(topics(), { memberId: 'me', generationId: 4 });
  expect(await bytesOf(request('TxnOffsetCommit', 3, { ...commit, topics: marked }))).toBe(
    commitStart + '00000004' + '036d65' + '00' + commitTopics,
  );
});

test('offsets of a transaction of another kafkajs client in the process name nobody', async () => {
  expect(await bytesOf(request('TxnOffsetCommit', 3, { ...commit, topics: topics() }))).toBe(
    commitStart + 'ffffffff' + '01' + '00' + commitTopics,
  );
});

const fetchStart = '00' + '0267' + '02' + '04726177' + '02' + '00000002' + '00';

test('offsets are asked for as stable ones only where that is wanted', async () => {
  const stable = request('OffsetFetch', 7, { groupId: 'g', topics: stableOnly(topics()) });
  expect(await bytesOf(stable)).toBe(fetchStart + '01' + '00');
  const any = request('OffsetFetch', 7, { groupId: 'g', topics: topics() });
  expect(await bytesOf(any)).toBe(fetchStart + '00' + '00');
});

test('no topics ask for all topics of a group', async () => {
  expect(await bytesOf(request('OffsetFetch', 7, { groupId: 'g', topics: [] }))).toBe(
    '00' + '0267' + '000000',
  );
});

test('a refused offset is an error with the name that Kafka gives it', async () => {
  const { response } = request('TxnOffsetCommit', 3, { ...commit, topics: topics() });
  const answer = (code: string) => Buffer.from(`0000000000020472617702000000020${code}000000`, 'hex');
  expect(await response.parse(await response.decode(answer('000')))).toEqual({
    throttleTime: 0,
    clientSideThrottleTime: 0,
    topics: [{ topic: 'raw', partitions: [{ partition: 2, errorCode: 0 }] }],
  });
  const refused = async () => response.parse(await response.decode(answer('016')));
  await expect(refused()).rejects.toMatchObject({ type: 'ILLEGAL_GENERATION' });
});

test('fetched offsets come with their metadata, unstable ones as an error', async () => {
  const { response } = request('OffsetFetch', 7, { groupId: 'g', topics: topics() });
  const answer = (code: string) =>
    Buffer.from(`0000000009020472617702000000020000000000000007ffffffff026d${code}0000000000`, 'hex');
  expect(await response.parse(await response.decode(answer('0000')))).toMatchObject({
    clientSideThrottleTime: 9,
    responses: [{ topic: 'raw', partitions: [{ partition: 2, offset: '7', metadata: 'm', errorCode: 0 }] }],
    errorCode: 0,
  });
  const unstable = async () => response.parse(await response.decode(answer('0058')));
  await expect(unstable()).rejects.toMatchObject({ type: 'UNSTABLE_OFFSET_COMMIT', retriable: true });
});

test('the versions before are what they were', async () => {
  expect(internals.requests!['TxnOffsetCommit']!.versions).toEqual(['0', '1', '3']);
  expect(internals.requests!['OffsetFetch']!.versions).toEqual(['1', '2', '3', '4', '7']);
  const old = request('TxnOffsetCommit', 1, { ...commit, topics: topics() });
  expect(await bytesOf(old)).toMatch(/^00027478/);
  expect(old.request.apiVersion).toBe(1);
});

test('adding them again changes nothing', () => {
  const before = internals.requests!['OffsetFetch'];
  patchKafkajs();
  expect(internals.requests!['OffsetFetch']).toBe(before);
  expect(() => checkKafkajs()).not.toThrow();
});

test('a kafkajs that knows other versions of them is refused', () => {
  const requests = {
    ...internals.requests,
    OffsetFetch: { ...before(), versions: ['1', '2', '3', '4', '5'] },
  };
  expect(() => checkKafkajs({ ...internals, requests })).toThrow(
    'kafkajs 2.2.4 is needed, found 2.2.4 without requests.OffsetFetch: run "npm install kafkajs@2.2.4"',
  );
});

function before() {
  return internals.requests!['OffsetFetch']!;
}
