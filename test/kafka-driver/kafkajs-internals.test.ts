import { expect, test } from 'vitest';
import { IllegalStateError } from '../../src/errors.js';
import { checkKafkajs, internals } from '../../src/kafka/kafkajs/kafkajs-internals.js';

test('the installed kafkajs is the one that the driver is made for', () => {
  expect(() => checkKafkajs()).not.toThrow();
});

test('another version of kafkajs is refused with what to do', () => {
  expect(() => checkKafkajs({ ...internals, version: '2.3.0' })).toThrow(
    new IllegalStateError('kafkajs 2.2.4 is needed, found 2.3.0: run "npm install kafkajs@2.2.4"'),
  );
});

test('a kafkajs without an inner part that is used is refused, naming the part', () => {
  const found = {
    ...internals,
    requestQueue: Object.create(null) as NonNullable<typeof internals.requestQueue>,
  };
  expect(() => checkKafkajs(found)).toThrow(
    'kafkajs 2.2.4 is needed, found 2.2.4 without requestQueue.scheduleCheckPendingRequests, requestQueue.checkPendingRequests, requestQueue.fulfillRequest: ' +
      'run "npm install kafkajs@2.2.4"',
  );
});
