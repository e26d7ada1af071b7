import { describe, expect, it } from 'vitest';
import { type EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import {
  alterQuotasCall,
  alterScramCall,
  configResourcesCall,
  describeQuotasCall,
  describeScramCall,
} from './account-calls.js';
import { incrementalAlterCall, type AdminCall } from './admin-calls.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

const { DUPLICATE_RESOURCE, INVALID_REQUEST, NONE, RESOURCE_NOT_FOUND, UNACCEPTABLE_CREDENTIAL } = errorCodes;
const { UNSUPPORTED_SASL_MECHANISM, UNSUPPORTED_VERSION } = errorCodes;

async function ask<Answer>(broker: EmbeddedKafka, call: AdminCall<Answer>): Promise<Answer> {
  const client = await RawClient.connect(broker.port);
  return call.decode(await client.exchange(call.key, call.version, call.body));
}

describe('quotas of clients', () => {
  it('are found by user, client id and default until they are removed', async () => {
    const { broker } = await startBroker();
    await ask(broker, alterQuotasCall([['user', 'amy']], { producer_byte_rate: 1000 }));
    await ask(broker, alterQuotasCall([['user', null]], { request_percentage: 50.5 }));
    const both = [
      ['client-id', 'c'],
      ['user', 'amy'],
    ] as const;
    await ask(broker, alterQuotasCall(both, { consumer_byte_rate: 7 }));
    const find = async (...parts: Parameters<typeof describeQuotasCall>) =>
      (await ask(broker, describeQuotasCall(...parts))).quotas.map(({ values }) => values);
    const amy = { producer_byte_rate: 1000 };
    expect(await find([['user', 'amy']])).toEqual([amy, { consumer_byte_rate: 7 }]);
    expect(await find([['user', 'amy']], true)).toEqual([amy]);
    expect(await find([['user', null]])).toEqual([{ request_percentage: 50.5 }]);
    expect(await find([['user', undefined]], true)).toEqual([amy, { request_percentage: 50.5 }]);
    expect((await find([])).length).toBe(3);
    await ask(broker, alterQuotasCall([...both].reverse(), { consumer_byte_rate: undefined }));
    expect(await find([['client-id', undefined]])).toEqual([]);
  });

  it.each([
    [[['user', 'amy']], { bogus: 1 }, 'Invalid configuration key bogus'],
    [[['user', 'amy']], { producer_byte_rate: 0 }, 'Quota producer_byte_rate must be greater than 0'],
    [[['user', 'amy']], { producer_byte_rate: NaN }, 'Quota producer_byte_rate must be greater than 0'],
    [[['ip', '10.0.0.1']], { producer_byte_rate: 1 }, 'Invalid configuration key producer_byte_rate'],
    [[['user', '']], { producer_byte_rate: 1 }, 'Empty user not supported'],
    [[['planet', 'earth']], { producer_byte_rate: 1 }, 'Unhandled client quota entity type: planet'],
    [[], { producer_byte_rate: 1 }, 'Invalid empty client quota entity'],
    [[['ip', 'a b']], { connection_creation_rate: 1 }, 'a b is not a valid IP or resolvable host.'],
  ] as const)('of %j with %j are refused', async (entity, changes, message) => {
    const { broker } = await startBroker();
    const answer = await ask(broker, alterQuotasCall(entity, changes));
    expect(answer).toEqual({ code: INVALID_REQUEST, message });
    expect((await ask(broker, describeQuotasCall([]))).quotas).toEqual([]);
  });

  it('are not looked for by what Kafka does not know', async () => {
    const { broker } = await startBroker();
    const twice = [
      ['user', 'a'],
      ['user', 'b'],
    ] as const;
    expect((await ask(broker, describeQuotasCall(twice))).code).toBe(INVALID_REQUEST);
    expect((await ask(broker, describeQuotasCall([['planet', 'x']]))).code).toBe(UNSUPPORTED_VERSION);
  });
});

describe('SCRAM credentials', () => {
  it('are shown, without what is secret, until they are deleted', async () => {
    const { broker } = await startBroker();
    await ask(broker, alterScramCall(['amy', 1, 4_096], ['bob', 2, 8_192]));
    expect(await ask(broker, describeScramCall())).toEqual({
      code: NONE,
      results: [
        { user: 'amy', code: NONE, credentials: [[1, 4_096]] },
        { user: 'bob', code: NONE, credentials: [[2, 8_192]] },
      ],
    });
    await ask(broker, alterScramCall(['amy', 1]));
    expect((await ask(broker, describeScramCall('amy'))).results).toEqual([
      { user: 'amy', code: RESOURCE_NOT_FOUND, credentials: [] },
    ]);
  });

  it.each([
    [[['amy', 1]], RESOURCE_NOT_FOUND],
    [[['amy', 1, 4_095]], UNACCEPTABLE_CREDENTIAL],
    [[['amy', 1, 16_385]], UNACCEPTABLE_CREDENTIAL],
    [[['', 1, 4_096]], UNACCEPTABLE_CREDENTIAL],
    [[['amy', 3, 4_096]], UNSUPPORTED_SASL_MECHANISM],
    [
      [
        ['amy', 1, 4_096],
        ['amy', 2, 4_096],
      ],
      DUPLICATE_RESOURCE,
    ],
  ] as const)('%j are refused with %i', async (changes, code) => {
    const { broker } = await startBroker();
    expect((await ask(broker, alterScramCall(...changes))).map(answer => answer.code)).toEqual([code]);
    expect((await ask(broker, describeScramCall())).results).toEqual([]);
  });
});

describe('what has settings', () => {
  it('is the broker and its topics', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const all = [
      ['t', 2],
      ['1', 4],
    ];
    expect((await ask(broker, configResourcesCall())).resources).toEqual(all);
    expect((await ask(broker, configResourcesCall(2))).resources).toEqual([['t', 2]]);
    expect((await ask(broker, configResourcesCall(32))).resources).toEqual([]);
  });
});

describe('settings of the broker', () => {
  it('can be taken back where none is set, and not be given', async () => {
    const { broker } = await startBroker();
    const name = 'leader.replication.throttled.rate';
    const alter = (operation: number, value: string | null) =>
      ask(broker, incrementalAlterCall('1', [[name, operation, value]], 4));
    expect((await alter(1, null)).code).toBe(NONE);
    expect((await alter(0, '5')).code).toBe(INVALID_REQUEST);
  });
});
