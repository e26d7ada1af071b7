import { expect, test, vi } from 'vitest';
import { IllegalStateError } from '../../src/errors.js';
import { checkKafkajs, internals } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { nullHeader } from '../../src/kafka/kafkajs/patches/null-headers.js';
import { patchKafkajs } from '../../src/kafka/kafkajs/patches/patch-kafkajs.js';
import { checkOnlyVersion } from '../../src/kafka/kafkajs/process-wide.js';

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

test('a second copy of this package shares the patches of the first one', async () => {
  patchKafkajs();
  const before = { ...internals.requests };
  vi.resetModules();
  const again = await import('../../src/kafka/kafkajs/patches/patch-kafkajs.js');
  expect(again.patchKafkajs).not.toBe(patchKafkajs);
  again.patchKafkajs();
  expect(internals.requests).toEqual(before);
  const copy = await import('../../src/kafka/kafkajs/kafkajs-internals.js');
  expect(() => copy.checkKafkajs()).not.toThrow();
  expect((await import('../../src/kafka/kafkajs/patches/null-headers.js')).nullHeader).toBe(nullHeader);
});

test('another version of this package in the process is refused', () => {
  checkOnlyVersion();
  expect(() => checkOnlyVersion('9.0.0')).toThrow(
    /^kafka-reproducer 9\.0\.0 cannot use kafkajs together with kafka-reproducer \d+\.\d+\.\d+, which is loaded in this process as well: install one version/,
  );
});
