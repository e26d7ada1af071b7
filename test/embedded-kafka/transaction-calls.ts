import { type RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { type AdminCall } from './admin-calls.js';

/** DescribeProducers 0 of one partition. */
export function describeProducersCall(topic: string, partition: number) {
  const body = new ResponseWriter(true);
  body.structs([topic], name => body.string(name).array([partition], index => body.int32(index))).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    const [partitions] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const code = response.int16();
        response.nullableString();
        return { code, producers: response.structs(() => readProducer(response)) };
      });
    });
    return partitions![0]!;
  };
  return {
    key: 61,
    version: 0,
    body,
    decode,
    codes: response => [decode(response).code],
  } satisfies AdminCall;
}

function readProducer(response: RequestReader) {
  return {
    producerId: response.int64(),
    epoch: response.int32(),
    lastSequence: response.int32(),
    lastTimestamp: response.int64(),
    coordinatorEpoch: response.int32(),
    firstOffset: response.int64(),
  };
}

/** DescribeTransactions 0. */
export function describeTransactionsCall(...transactionalIds: string[]) {
  const body = new ResponseWriter(true);
  body.array(transactionalIds, id => body.string(id)).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return response.structs(() => ({
      code: response.int16(),
      transactionalId: response.string(),
      state: response.string(),
      timeoutMs: response.int32(),
      startedMs: response.int64(),
      producerId: response.int64(),
      producerEpoch: response.int16(),
      topics: response.structs(() => [response.string(), response.array(() => response.int32())]),
    }));
  };
  const codes = (response: RequestReader) => decode(response).map(({ code }) => code);
  return { key: 65, version: 0, body, decode, codes } satisfies AdminCall;
}

export interface TransactionFilter {
  readonly states?: readonly string[];
  readonly producerIds?: readonly bigint[];
  readonly longerThanMs?: bigint;
}

/** ListTransactions 1. */
export function listTransactionsCall(filter: TransactionFilter = {}) {
  const { states = [], producerIds = [], longerThanMs = -1n } = filter;
  const body = new ResponseWriter(true);
  body.array(states, state => body.string(state)).array(producerIds, id => body.int64(id));
  body.int64(longerThanMs).noTags();
  const decode = (response: RequestReader) => {
    response.int32();
    return {
      code: response.int16(),
      unknownStates: response.array(() => response.string()),
      found: response.structs(() => {
        const transactionalId = response.string();
        response.int64();
        return [transactionalId, response.string()];
      }),
    };
  };
  return {
    key: 66,
    version: 1,
    body,
    decode,
    codes: response => [decode(response).code],
  } satisfies AdminCall;
}
