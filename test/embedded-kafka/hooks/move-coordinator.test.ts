import { describe, expect, it } from 'vitest';
import { type RequestReader } from '../../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../../src/embedded-kafka/protocol/writer.js';
import { consumerGroupDescribeCall, offsetDeleteCall } from '../admin-calls.js';
import { RawClient } from '../raw-client.js';
import { describeTransactionsCall } from '../transaction-calls.js';
import { startBroker } from '../with-kafkajs.js';

const notCoordinator = 16;
const groupNotFound = 69;
const transactionNotFound = 105;

/** A request, and the error code in its answer. */
interface Question {
  readonly key: number;
  readonly version: number;
  readonly body: ResponseWriter;
  readonly codes: (response: RequestReader) => number[];
}

/** What an admin asks the coordinator of a group. */
function groupQuestions(group: string): Readonly<Record<string, Question>> {
  return {
    DescribeGroups: {
      key: 15,
      version: 0,
      body: nameList(group),
      // One group: its code comes first.
      codes: response => [response.int32(), response.int16()].slice(1),
    },
    DeleteGroups: {
      key: 42,
      version: 0,
      body: nameList(group),
      codes: response => {
        response.int32();
        return response.structs(() => {
          response.string();
          return response.int16();
        });
      },
    },
    OffsetDelete: offsetDeleteCall(group, 't', 0),
    ConsumerGroupDescribe: consumerGroupDescribeCall(group),
  };
}

function nameList(name: string): ResponseWriter {
  const body = new ResponseWriter();
  return body.array([name], each => body.string(each));
}

describe('a coordinator that has moved', () => {
  it.each(Object.keys(groupQuestions('g')))('of a group refuses %s until it returns', async name => {
    const { broker } = await startBroker();
    const client = await RawClient.connect(broker.port);
    const ask = async (group: string): Promise<number | undefined> => {
      const { key, version, body, codes } = groupQuestions(group)[name]!;
      return codes(await client.exchange(key, version, body))[0];
    };
    const usual = name === 'DescribeGroups' ? 0 : groupNotFound;
    const move = broker.moveCoordinator({ group: 'g' });
    expect(await ask('g')).toBe(notCoordinator);
    expect(await ask('other')).toBe(usual);
    expect(move.refusals.firedCount).toBe(1);
    move.return();
    expect(await ask('g')).toBe(usual);
  });

  it('of a transactional id refuses to describe it until it returns', async () => {
    const { broker } = await startBroker();
    const client = await RawClient.connect(broker.port);
    const ask = async (): Promise<number | undefined> => {
      const { key, version, body, codes } = describeTransactionsCall('x');
      return codes(await client.exchange(key, version, body))[0];
    };
    const move = broker.moveCoordinator({ transactionalId: 'x' });
    expect(await ask()).toBe(notCoordinator);
    move.return();
    expect(await ask()).toBe(transactionNotFound);
  });
});
