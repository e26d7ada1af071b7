import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerError } from '../../../src/errors.js';
import { PatientSender } from '../../../src/programs/upload/patient-sender.js';
import { recordingLogger } from '../../observe/reports.js';

const refused = new BrokerError('cannot reach Kafka at a:1: connection refused', { retriable: true });

/** A sender whose client has sent something and does not say what became of it. */
function sending(trouble: () => BrokerError | undefined) {
  const { logger, lines } = recordingLogger();
  const stopping = new AbortController();
  const sender = new PatientSender({
    driver: { connectionTrouble: trouble },
    producer: { send: () => new Promise(() => undefined), partitionCount: () => Promise.resolve(1) },
    topic: 'files',
    log: logger,
    signal: stopping.signal,
  });
  let end: unknown;
  void sender.send(0, []).catch((error: unknown) => (end = error));
  return { stopping, lines, ended: () => end };
}

describe('sending while Kafka is away', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is told within two seconds', async () => {
    const { lines } = sending(() => refused);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lines.map(({ message }) => message)).toEqual([
      `${refused.message}; uploading goes on by itself as soon as it can`,
    ]);
  });

  it('ends about a second after it is stopped', async () => {
    const { stopping, ended } = sending(() => refused);
    stopping.abort();
    await vi.advanceTimersByTimeAsync(1_200);
    expect(ended()).toBe(refused);
  });

  it('goes on after it is stopped while Kafka is there', async () => {
    const { stopping, ended } = sending(() => undefined);
    stopping.abort();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ended()).toBe(undefined);
  });
});
