import { type RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';

/** A request that kafkajs cannot send, and how to read its answer. */
export interface AdminCall<Answer = unknown> {
  readonly key: number;
  readonly version: number;
  readonly body: ResponseWriter;
  /** Everything in the answer that a test looks at. Stands at the first field of its body. */
  readonly decode: (response: RequestReader) => Answer;
  /** Only the error codes of the answer. */
  readonly codes: (response: RequestReader) => number[];
}

/** OffsetDelete 0. */
export function offsetDeleteCall(group: string, topic: string, ...partitions: number[]) {
  const body = new ResponseWriter().string(group);
  body.structs([topic], name => body.string(name).structs(partitions, index => body.int32(index)));
  const decode = (response: RequestReader) => {
    const code = response.int16();
    response.int32();
    const partitions = response.structs(() => {
      response.string();
      return response.structs(() => ({ index: response.int32(), code: response.int16() }));
    });
    return { code, partitions: partitions.flat() };
  };
  return call(47, 0, body, decode, ({ code, partitions }) => [code, ...partitions.map(({ code }) => code)]);
}

/** IncrementalAlterConfigs 1 of a topic. @param changes - name, operation (0 set, 1 delete, 2 append, 3 subtract), value */
export function incrementalAlterCall(
  topic: string,
  changes: readonly (readonly [string, number, string | null])[],
  resourceType = 2,
) {
  const body = new ResponseWriter(true);
  body.structs([topic], name => {
    body.int8(resourceType).string(name);
    body.structs(changes, ([setting, operation, value]) =>
      body.string(setting).int8(operation).string(value),
    );
  });
  body.boolean(false).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return response.structs(() => {
      const result = { code: response.int16(), message: response.nullableString() };
      response.int8();
      response.string();
      return result;
    })[0]!;
  };
  return call(44, 1, body, decode, ({ code }) => [code]);
}

/** DescribeCluster 2. @param endpointType - 1 brokers, 2 controllers */
export function describeClusterCall(endpointType = 1) {
  const body = new ResponseWriter(true).boolean(false).int8(endpointType).boolean(false).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    response.nullableString();
    response.int8();
    const clusterId = response.string();
    const controllerId = response.int32();
    const brokers = response.structs(() => {
      const broker = { id: response.int32(), host: response.string(), port: response.int32() };
      response.nullableString();
      response.boolean();
      return broker;
    });
    return { code, clusterId, controllerId, brokers };
  };
  return call(60, 2, body, decode, ({ code }) => [code]);
}

/** OffsetForLeaderEpoch 4 of one partition. */
export function leaderEpochCall(topic: string, partition: number, epoch: number, currentEpoch = -1) {
  const body = new ResponseWriter(true).int32(-1);
  body.structs([topic], name => {
    body.string(name).structs([partition], index => body.int32(index).int32(currentEpoch).int32(epoch));
  });
  body.noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const [partitions] = response.structs(() => {
      response.string();
      return response.structs(() => {
        const code = response.int16();
        response.int32();
        return { code, epoch: response.int32(), endOffset: response.int64() };
      });
    });
    return partitions![0]!;
  };
  return call(23, 4, body, decode, ({ code }) => [code]);
}

/** DescribeLogDirs 4 of all partitions. */
export function logDirsCall() {
  const body = new ResponseWriter(true).structs(null, () => undefined).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    const places = response.structs(() => {
      const code = response.int16();
      response.string();
      const topics = response.structs(() => ({
        name: response.string(),
        partitions: response.structs(() => {
          const partition = { index: response.int32(), byteLength: response.int64() };
          response.int64();
          response.boolean();
          return partition;
        }),
      }));
      response.int64();
      response.int64();
      return { code, topics };
    });
    return { code, places };
  };
  return call(35, 4, body, decode, ({ code, places }) => [code, ...places.map(({ code }) => code)]);
}

/** DescribeTopicPartitions 0. @param start - where to go on */
export function topicPartitionsCall(
  topics: readonly string[],
  limit: number,
  start?: readonly [string, number],
) {
  const body = new ResponseWriter(true);
  body.structs(topics, name => body.string(name)).int32(limit);
  body.int8(start === undefined ? -1 : 1);
  if (start !== undefined) body.string(start[0]).int32(start[1]).noTags();
  body.noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const topics = response.structs(() => {
      const code = response.int16();
      const name = response.nullableString();
      response.uuid();
      response.boolean();
      const partitions = response.structs(() => {
        response.int16();
        const index = response.int32();
        response.int32();
        response.int32();
        for (let list = 0; list < 5; list++) response.array(() => response.int32());
        return index;
      });
      response.int32();
      return { code, name, partitions };
    });
    const next = response.int8() < 0 ? undefined : ([response.string(), response.int32()] as const);
    return { topics, next };
  };
  return call(75, 0, body, decode, ({ topics }) => topics.map(({ code }) => code));
}

/** ElectLeaders 2. @param topics - null for all */
export function electLeadersCall(topics: readonly (readonly [string, number])[] | null) {
  const body = new ResponseWriter(true).int8(0);
  body.structs(topics, ([name, partition]) =>
    body.string(name).array([partition], index => body.int32(index)),
  );
  body.int32(1_000).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    const results = response.structs(() => {
      const topic = response.string();
      return response.structs(() => {
        const partition = response.int32();
        return { topic, partition, code: response.int16(), message: response.nullableString() };
      });
    });
    return { code, results: results.flat() };
  };
  return call(43, 2, body, decode, ({ code, results }) => [code, ...results.map(({ code }) => code)]);
}

/** ConsumerGroupDescribe 1. */
export function consumerGroupDescribeCall(...groupIds: string[]) {
  const body = new ResponseWriter(true);
  body
    .array(groupIds, id => body.string(id))
    .boolean(false)
    .noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return response.structs(() => {
      const answer = { code: response.int16(), message: response.nullableString(), id: response.string() };
      response.string();
      response.int32();
      response.int32();
      response.string();
      response.structs(() => undefined);
      response.int32();
      return answer;
    });
  };
  return call(69, 1, body, decode, answers => answers.map(({ code }) => code));
}

/** ConsumerGroupHeartbeat 1 of a new member. */
export function consumerGroupHeartbeatCall(group: string) {
  const body = new ResponseWriter(true).string(group).string('m').int32(0).string(null).string(null);
  body
    .int32(1_000)
    .array(['t'], topic => body.string(topic))
    .string(null)
    .string(null);
  body.structs(null, () => undefined).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const code = response.int16();
    return { code, message: response.nullableString(), memberId: response.nullableString() };
  };
  return call(68, 1, body, decode, ({ code }) => [code]);
}

function call<Answer>(
  key: number,
  version: number,
  body: ResponseWriter,
  decode: (response: RequestReader) => Answer,
  codesOf: (answer: Answer) => number[],
): AdminCall<Answer> {
  return { key, version, body, decode, codes: response => codesOf(decode(response)) };
}
