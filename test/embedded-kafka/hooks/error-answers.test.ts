import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { apis } from '../../../src/embedded-kafka/apis/registry.js';
import { Broker } from '../../../src/embedded-kafka/broker.js';
import { dispatch } from '../../../src/embedded-kafka/dispatch.js';
import { type ApiName } from '../../../src/embedded-kafka/index.js';
import { brokerSettings } from '../../../src/embedded-kafka/options.js';
import { errorCodes } from '../../../src/embedded-kafka/protocol/error-codes.js';
import { RequestReader } from '../../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../../src/embedded-kafka/protocol/writer.js';
import { VirtualClock } from '../../../src/embedded-kafka/virtual-clock.js';
import {
  alterQuotasCall,
  alterScramCall,
  configResourcesCall,
  describeQuotasCall,
  describeScramCall,
} from '../account-calls.js';
import {
  consumerGroupDescribeCall,
  consumerGroupHeartbeatCall,
  describeClusterCall,
  electLeadersCall,
  incrementalAlterCall,
  leaderEpochCall,
  logDirsCall,
  offsetDeleteCall,
  topicPartitionsCall,
  type AdminCall,
} from '../admin-calls.js';
import {
  describeProducersCall,
  describeTransactionsCall,
  listTransactionsCall,
} from '../transaction-calls.js';

// kafkajs's own encoders and decoders: what they read from an answer is what a client would.
const require = createRequire(import.meta.url);
const encodeFrame = require('kafkajs/src/protocol/request.js');
const codecOf = (folder: string) => require(`kafkajs/src/protocol/requests/${folder}/index.js`);

const caller = { clientHost: '127.0.0.1', closed: new AbortController().signal };
const topicPartition = {
  partition: 0,
  offset: '0',
  metadata: 'm',
  timestamp: '-1',
  maxBytes: 1,
  fetchOffset: '0',
};
const topics = [{ topic: 't', partitions: [topicPartition] }];
const member = {
  groupId: 'g',
  generationId: 1,
  groupGenerationId: 1,
  memberId: 'm',
  members: [{ memberId: 'm' }],
};

const aclFilter = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:a',
  host: '*',
  operation: 3,
  permissionType: 3,
};
const producer = { transactionalId: 'x', producerId: '0', producerEpoch: 0 };

/** The APIs that kafkajs has no codec for: requests of the newest version, written by hand. */
const unknownToKafkajs: Partial<Record<ApiName, AdminCall>> = {
  OffsetForLeaderEpoch: leaderEpochCall('t', 0, 0),
  IncrementalAlterConfigs: incrementalAlterCall('t', []),
  OffsetDelete: offsetDeleteCall('g', 't', 0),
  DescribeCluster: describeClusterCall(),
  DescribeLogDirs: logDirsCall(),
  ElectLeaders: electLeadersCall([['t', 0]]),
  DescribeProducers: describeProducersCall('t', 0),
  DescribeTransactions: describeTransactionsCall('x'),
  ListTransactions: listTransactionsCall(),
  DescribeClientQuotas: describeQuotasCall([]),
  AlterClientQuotas: alterQuotasCall([['user', 'u']], {}),
  DescribeUserScramCredentials: describeScramCall('u'),
  AlterUserScramCredentials: alterScramCall(['u', 1]),
  ListConfigResources: configResourcesCall(),
  ConsumerGroupHeartbeat: consumerGroupHeartbeatCall('g'),
  ConsumerGroupDescribe: consumerGroupDescribeCall('g'),
  DescribeTopicPartitions: topicPartitionsCall(['t'], 1),
};

/** A request of each other API, in kafkajs's words, and the folder of its codec. */
const samples: Partial<Record<ApiName, readonly [folder: string, request: object]>> = {
  Produce: [
    'produce',
    {
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: 'x' }] }] }],
    },
  ],
  Fetch: [
    'fetch',
    { replicaId: -1, maxWaitTime: 60_000, minBytes: 1, maxBytes: 1, isolationLevel: 0, topics },
  ],
  ListOffsets: ['listOffsets', { replicaId: -1, isolationLevel: 0, topics }],
  Metadata: ['metadata', { topics: ['t'] }],
  OffsetCommit: ['offsetCommit', { ...member, retentionTime: 0, topics }],
  OffsetFetch: ['offsetFetch', { groupId: 'g', topics }],
  FindCoordinator: ['findCoordinator', { coordinatorKey: 'g', coordinatorType: 0, groupId: 'g' }],
  JoinGroup: [
    'joinGroup',
    {
      ...member,
      memberId: '',
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      protocolType: 'consumer',
      groupProtocols: [{ name: 'p', metadata: Buffer.alloc(1) }],
    },
  ],
  Heartbeat: ['heartbeat', member],
  LeaveGroup: ['leaveGroup', member],
  SyncGroup: [
    'syncGroup',
    { ...member, groupAssignment: [{ memberId: 'm', memberAssignment: Buffer.alloc(1) }] },
  ],
  DescribeGroups: ['describeGroups', { groupIds: ['g'] }],
  ListGroups: ['listGroups', {}],
  ApiVersions: ['apiVersions', {}],
  CreateTopics: ['createTopics', { topics: [{ topic: 'new' }] }],
  DeleteTopics: ['deleteTopics', { topics: ['t'] }],
  DeleteRecords: ['deleteRecords', { topics }],
  InitProducerId: ['initProducerId', { transactionTimeout: 1_000 }],
  AddPartitionsToTxn: ['addPartitionsToTxn', { ...producer, topics: [{ topic: 't', partitions: [0] }] }],
  AddOffsetsToTxn: ['addOffsetsToTxn', { ...producer, groupId: 'g' }],
  EndTxn: ['endTxn', { ...producer, transactionResult: true }],
  TxnOffsetCommit: ['txnOffsetCommit', { ...producer, groupId: 'g', topics }],
  DescribeConfigs: ['describeConfigs', { resources: [{ type: 2, name: 't' }] }],
  AlterConfigs: ['alterConfigs', { resources: [{ type: 2, name: 't', configEntries: [] }] }],
  AlterPartitionReassignments: [
    'alterPartitionReassignments',
    { topics: [{ topic: 't', partitionAssignment: [{ partition: 0, replicas: [1] }] }] },
  ],
  ListPartitionReassignments: ['listPartitionReassignments', { topics: null }],
  CreatePartitions: ['createPartitions', { topicPartitions: [{ topic: 't', count: 2 }] }],
  DeleteGroups: ['deleteGroups', ['g']],
  DescribeAcls: ['describeAcls', aclFilter],
  CreateAcls: ['createAcls', { creations: [aclFilter] }],
  DeleteAcls: ['deleteAcls', { filters: [aclFilter] }],
};

const cases = apis.flatMap(({ name, versions: [first, last] }) => {
  const sample = samples[name];
  const known: string[] = sample === undefined ? [String(last)] : codecOf(sample[0]).versions;
  return known
    .map(Number)
    .filter(version => version >= first && version <= last)
    .map(version => ({ name, version }));
});

function brokerWithTopic(): Broker {
  const broker = new Broker(brokerSettings({ clock: new VirtualClock({ startMs: 0 }) }));
  broker.topics.create({ name: 't', partitionCount: 1 });
  return broker;
}

/** All error codes in what kafkajs decoded, wherever they are. */
function codesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /errorCode$/i.test(name) ? [inner] : codesIn(inner),
  );
}

async function answer(broker: Broker, name: ApiName, version: number) {
  const call = unknownToKafkajs[name];
  if (call !== undefined) return answerByHand(broker, call);
  const [folder, sample] = samples[name]!;
  const { request, response } = codecOf(folder).protocol({ version })(sample);
  const encoded = await encodeFrame({ correlationId: 7, clientId: 'c', request });
  const reply = await dispatch(broker, encoded.buffer.subarray(4), caller);
  if (reply.kind !== 'respond') return { kind: reply.kind, codes: [] };
  return {
    kind: reply.kind,
    codes: codesIn(await response.decode(Buffer.concat(reply.buffers).subarray(4))),
  };
}

async function answerByHand(broker: Broker, { key, version, body, codes }: AdminCall) {
  const request = new ResponseWriter().int16(key).int16(version).int32(7).string('c');
  if (body.flexible) request.int8(0);
  const reply = await dispatch(broker, Buffer.concat([...request.finish(), ...body.finish()]), caller);
  if (reply.kind !== 'respond') return { kind: reply.kind, codes: [] };
  const response = new RequestReader(Buffer.concat(reply.buffers).subarray(4), body.flexible);
  response.skipTags();
  return { kind: reply.kind, codes: codes(response) };
}

describe('a fault with an error', () => {
  it.each(cases)('answers $name $version so that kafkajs reads that error', async ({ name, version }) => {
    const broker = brokerWithTopic();
    const fault = broker.faults.on(name, { error: 'KAFKA_STORAGE_ERROR' });
    const { kind, codes } = await answer(broker, name, version);
    expect(kind).toBe('respond');
    expect(new Set(codes)).toEqual(new Set([errorCodes.KAFKA_STORAGE_ERROR]));
    expect(fault.firedCount).toBe(1);
  });

  it('is checked on every API', () => {
    expect(new Set(cases.map(({ name }) => name))).toEqual(new Set(apis.map(({ name }) => name)));
    expect(cases.length).toBeGreaterThan(60);
  });

  it('changes nothing on the broker, unless it says that the request is handled', async () => {
    const broker = brokerWithTopic();
    const topic = broker.topics.get('t')!;
    broker.faults.on('Produce', { error: 'REQUEST_TIMED_OUT' });
    broker.faults.on(['CreateTopics', 'DeleteTopics'], { error: 'REQUEST_TIMED_OUT', times: 2 });
    await answer(broker, 'Produce', 7);
    await answer(broker, 'CreateTopics', 2);
    await answer(broker, 'DeleteTopics', 1);
    expect(topic.partition(0)!.log.endOffset).toBe(0n);
    expect(broker.topics.all()).toEqual([topic]);
    broker.faults.on('Produce', { error: 'REQUEST_TIMED_OUT', isHandled: true });
    expect(await answer(broker, 'Produce', 7)).toEqual({ kind: 'respond', codes: [7] });
    expect(topic.partition(0)!.log.endOffset).toBe(1n);
  });

  it('closes the connection where the answer has no place for it', async () => {
    const broker = brokerWithTopic();
    broker.faults.on('Metadata', { error: 'UNKNOWN_SERVER_ERROR' });
    const { request } = codecOf('metadata').protocol({ version: 5 })({ topics: [] });
    const encoded = await encodeFrame({ correlationId: 7, clientId: 'c', request });
    expect(await dispatch(broker, encoded.buffer.subarray(4), caller)).toEqual({
      kind: 'close',
      reason: 'Metadata has no place for an error',
    });
  });
});
