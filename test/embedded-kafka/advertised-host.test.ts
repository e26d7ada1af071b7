import { describe, expect, it } from 'vitest';
import { type RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { describeClusterCall } from './admin-calls.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

/** Sends one request and reads what the answer says of the broker's place. */
type Question = (client: RawClient) => Promise<{ readonly host: string; readonly port: number }>;

const questions: Readonly<Record<string, Question>> = {
  Metadata: async client => {
    const response = await client.exchange(3, 0, new ResponseWriter().int32(0));
    return response.structs(() => readPlace(response))[0]!;
  },
  'FindCoordinator of one group': async client => {
    const response = await client.exchange(10, 0, new ResponseWriter().string('g'));
    response.int16();
    return readPlace(response);
  },
  'FindCoordinator of several groups': async client => {
    const body = new ResponseWriter(true).int8(0);
    body.array(['g'], group => body.string(group)).noTags();
    const response = await client.exchange(10, 4, body);
    response.int32();
    return response.structs(() => {
      response.string();
      const place = readPlace(response);
      response.int16();
      response.nullableString();
      return place;
    })[0]!;
  },
  DescribeCluster: async client => {
    const { key, version, body, decode } = describeClusterCall();
    const { host, port } = decode(await client.exchange(key, version, body)).brokers[0]!;
    return { host, port };
  },
};

function readPlace(response: RequestReader) {
  response.int32();
  return { host: response.string(), port: response.int32() };
}

describe('the advertised host', () => {
  it.each(Object.keys(questions))('is what %s tells clients, not the address listened on', async name => {
    const { broker } = await startBroker({ advertisedHost: 'lab-7.example' });
    expect(await questions[name]!(await RawClient.connect(broker.port))).toEqual({
      host: 'lab-7.example',
      port: broker.port,
    });
  });
});
