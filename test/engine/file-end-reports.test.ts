import { expect, it } from 'vitest';
import { refusal } from '../../src/engine/file-end-reports.js';
import { BrokerError } from '../../src/errors.js';

it('a result that Kafka refuses says how large it is', () => {
  const error = new BrokerError('peaks: larger than the topic allows', { retriable: false });
  const messageOf = (messageCount: number): string =>
    refusal(error, { messageCount, messageBytes: 2_000_000 }).error.message;
  const text = 'BrokerError: peaks: larger than the topic allows; the result is';
  expect(messageOf(1)).toBe(`${text} one message of 2000000 bytes`);
  expect(messageOf(3)).toBe(`${text} 3 messages, in all 2000000 bytes`);
});
