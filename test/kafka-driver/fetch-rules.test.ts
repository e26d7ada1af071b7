import { expect, test } from 'vitest';
import type { ProtocolDefinition } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import {
  type DecodedFetch,
  type FetchArguments,
  type FetchRule,
  withRules,
} from '../../src/kafka/kafkajs/patches/fetch-rules.js';

const versions = Array.from({ length: 12 }, (_, version) => version);
const raw = Buffer.from('answer');

/** kafkajs's Fetch, which says what it is asked for, and decodes an answer without records. */
function openScene() {
  const steps: string[] = [];
  const asked: FetchArguments[] = [];
  const fetch: ProtocolDefinition = {
    versions: versions.map(String),
    protocol:
      ({ version }) =>
      (args: FetchArguments) => {
        asked.push(args);
        const request = {
          ...{ apiKey: 1, apiVersion: version, apiName: 'Fetch' },
          encode: () => Promise.reject(new Error('not sent')),
        };
        const decode = (): Promise<DecodedFetch> => {
          steps.push('decoded');
          return Promise.resolve({ responses: [] });
        };
        return { request, response: { decode, parse: data => Promise.resolve(data) }, requestTimeout: 5_100 };
      },
  };
  const named = (name: string, less = 0): FetchRule => ({
    ask: args => ({ ...args, maxBytes: args.maxBytes - less }),
    async decode(answered, decode) {
      steps.push(`${name} before version ${answered.version}, asked for ${answered.asked.maxBytes}`);
      expect(answered.raw).toBe(raw);
      const fetched = await decode();
      steps.push(`${name} after`);
      return fetched;
    },
  });
  return { steps, asked, fetch, named };
}

const args = { maxBytes: 1_000, topics: [] } as never;

test.each(versions)(
  'version %d goes through all rules in their order, whichever was added first',
  async version => {
    const { steps, asked, fetch, named } = openScene();
    const rules = [
      { place: 2, rule: named('second', 10) },
      { place: 1, rule: named('first', 1) },
    ];
    const made = withRules(fetch, rules).protocol({ version })(args);
    expect(asked).toEqual([{ maxBytes: 989, topics: [] }]);
    expect(made).toMatchObject({ requestTimeout: 5_100 });
    await made.response.decode(raw);
    expect(steps).toEqual([
      ...['second', 'first'].map(name => `${name} before version ${version}, asked for 1000`),
      ...['decoded', 'first after', 'second after'],
    ]);
  },
);

test('rules that are added later count from then on', async () => {
  const { steps, fetch, named } = openScene();
  const rules: { place: number; rule: FetchRule }[] = [];
  const changed = withRules(fetch, rules);
  await changed.protocol({ version: 11 })(args).response.decode(raw);
  expect(steps.splice(0)).toEqual(['decoded']);
  rules.push({ place: 1, rule: named('late') });
  await changed.protocol({ version: 11 })(args).response.decode(raw);
  expect(steps).toEqual(['late before version 11, asked for 1000', 'decoded', 'late after']);
});
