import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResultError } from '../../src/errors.js';
import { messageEncoder } from '../../src/processing/encode-result.js';
import {
  reservedHeaders,
  ResultMessage,
  type ResultMessageOptions,
} from '../../src/processing/result-message.js';
import { encodeValue } from '../../src/processing/result-value.js';
import { fileInfo } from './fixtures.js';

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
const info = fileInfo('a/b/nested.dat', 'hello');
const encoder = (produceTopic: string | undefined = 'peak-tables') =>
  messageEncoder({ info, size: 5, resultId: 'r0', attempt: 2, produceTopic });
const refused = (options: unknown) => {
  try {
    new ResultMessage(options as ResultMessageOptions);
  } catch (error) {
    if (error instanceof ResultError) return error.message;
  }
  return undefined;
};

describe('a result message', () => {
  it("has OpenMSIStream's key, the topic of the worker, and headers that say where it comes from", () => {
    const message = encoder()('peaks', 'it', 0);
    expect({ ...message, key: text(message.key), value: text(message.value) }).toEqual({
      topic: 'peak-tables',
      key: 'a_b_nested.dat_chunk_processing_result',
      value: 'peaks',
      headers: {
        'result-id': 'r0',
        'file-path': 'a/b/nested.dat',
        'file-hash':
          '9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043',
        'file-size': '5',
        'source-topic': 'instrument-files',
        'source-offsets': '0:12-15,1:7-9',
        attempt: '2',
      },
    });
    expect(Object.keys(message.headers)).toEqual([...reservedHeaders]);
  });

  it('numbers the ids of the second message and those after it', () => {
    const encode = encoder();
    expect([0, 1, 2].map(index => encode('x', 'it', index).headers['result-id'])).toEqual([
      'r0',
      'r0-1',
      'r0-2',
    ]);
  });

  it('takes key, headers, topic and timestamp from a ResultMessage', () => {
    const message = encoder()(
      new ResultMessage({
        value: [1, 2],
        key: 'k',
        headers: { instrument: 'xrd-2' },
        topic: 'other.topic_1',
        timestamp: new Date(5),
      }),
      'it',
      0,
    );
    expect(message).toMatchObject({
      topic: 'other.topic_1',
      timestampMs: 5,
      headers: { instrument: 'xrd-2', 'result-id': 'r0', attempt: '2' },
    });
    expect(text(message.key)).toBe('k');
    expect(text(message.value)).toBe('[1,2]');
  });

  it('can be a tombstone, and can do without a key', () => {
    expect(encoder()(new ResultMessage({ value: null, key: null }), 'it', 0)).toMatchObject({
      key: null,
      value: null,
    });
  });

  it('recognises a ResultMessage that another copy of the package made', () => {
    const foreign = {
      [Symbol.for('kafka-reproducer.ResultMessage')]: true,
      value: 'v',
      headers: {},
      key: 'k',
    };
    expect(text(encoder()(foreign, 'it', 0).value)).toBe('v');
  });

  it('needs a topic', () => {
    const encode = messageEncoder({ info, size: 5, resultId: 'r0', attempt: 1, produceTopic: undefined });
    expect(() => encode('x', 'item 0', 0)).toThrow(
      new ResultError('item 0 has no topic: set the topic to produce to, or ResultMessage.topic'),
    );
  });
});

describe('ResultMessage', () => {
  it.each<[string, unknown, string]>([
    [
      'nothing',
      undefined,
      'ResultMessage: expected an object with `value`, as in new ResultMessage({ value: 42 })',
    ],
    [
      'a bare value',
      'x',
      'ResultMessage: expected an object with `value`, as in new ResultMessage({ value: 42 })',
    ],
    [
      'an undefined value',
      { value: undefined },
      'ResultMessage.value is undefined: leave it out, or use new ResultMessage({ value: null }) for a tombstone',
    ],
    [
      'a numeric key',
      { value: 1, key: 7 },
      'ResultMessage.key: expected a string, a Uint8Array or null, found a number',
    ],
    [
      'headers in a Map',
      { value: 1, headers: new Map() },
      'ResultMessage.headers: expected an object of strings, found an object',
    ],
    [
      'a numeric header',
      { value: 1, headers: { n: 7 } },
      "ResultMessage.headers: 'n' must be a string, found a number",
    ],
    [
      'a reserved header',
      { value: 1, headers: { 'Result-Id': 'x' } },
      "ResultMessage.headers: 'Result-Id' is set by the worker on every result and cannot be replaced; choose another name",
    ],
    [
      'a topic with spaces',
      { value: 1, topic: 'a b' },
      "ResultMessage.topic: 'a b' cannot be a topic name; Kafka takes 1 to 249 letters, digits, '.', '_' and '-'",
    ],
    [
      'a topic that is no text',
      { value: 1, topic: null },
      'ResultMessage.topic: expected a string, found null',
    ],
    [
      'a fraction as timestamp',
      { value: 1, timestamp: 1.5 },
      'ResultMessage.timestamp: expected whole milliseconds since 1970, found 1.5',
    ],
    [
      'an invalid Date',
      { value: 1, timestamp: new Date('x') },
      'ResultMessage.timestamp: expected whole milliseconds since 1970, found NaN',
    ],
    [
      'a text as timestamp',
      { value: 1, timestamp: 'now' },
      'ResultMessage.timestamp: expected a Date or milliseconds since 1970, found a string',
    ],
  ])('refuses %s', (_, options, expected) => {
    expect(refused(options)).toBe(expected);
  });

  it('refuses a promise, whose rejection then ends nothing', async () => {
    const value = Promise.reject(new Error('x'));
    expect(refused({ value })).toBe('ResultMessage.value is a Promise: await it first');
    await expect(value).rejects.toThrow('x');
  });

  it('refuses every reserved header', () => {
    for (const name of reservedHeaders)
      expect(refused({ value: 1, headers: { [name]: 'x' } })).toContain(`'${name}'`);
  });
});

describe('encodeValue', () => {
  it('writes every JSON value so that JSON.parse gives it back', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter(value => value !== null && typeof value !== 'string'),
        value => {
          expect(JSON.parse(Buffer.from(encodeValue(value, 'it')).toString())).toEqual(
            JSON.parse(JSON.stringify(value)),
          );
        },
      ),
    );
  });

  it('copies bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        const encoded = encodeValue(bytes, 'it');
        expect(encoded).toEqual(new Uint8Array(bytes));
        expect(encoded.buffer).not.toBe(bytes.buffer);
      }),
    );
  });
});
