import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/embedded-kafka/index.js';
import { startBroker, startProducer } from './with-kafkajs.js';

const checkMs = 300_000;

/** A broker whose time the test moves, and a topic with one record of 1,000 bytes at each of the given times. */
async function startTopic(config: Record<string, string>, sentAt: readonly number[]) {
  const clock = new VirtualClock({ startMs: 1_000_000 });
  const { broker, kafka } = await startBroker({ clock });
  broker.createTopic('t', 1, config);
  const producer = await startProducer(kafka);
  for (const timestamp of sentAt) {
    await producer.send({
      topic: 't',
      messages: [{ key: 'k', value: Buffer.alloc(1_000), timestamp: String(timestamp) }],
    });
  }
  return { broker, clock, start: () => Number(broker.offsets('t', 0).start) };
}

describe('records', () => {
  it('are deleted when they are older than retention.ms, at the next check and not before', async () => {
    const { broker, clock, start } = await startTopic({ 'retention.ms': '1' }, [900_000, 950_000]);
    clock.advance(checkMs - 1);
    expect(start()).toBe(0);
    clock.advance(1);
    expect(start()).toBe(2);
    expect(broker.records('t', 0)).toEqual([]);
  });

  it('stay for a week unless the topic says otherwise', async () => {
    const { clock, start } = await startTopic({}, [1_000_000, 1_000_001 + checkMs]);
    clock.advance(7 * 86_400_000);
    expect(start()).toBe(0);
    clock.advance(checkMs);
    expect(start()).toBe(1);
  });

  it('stay behind a newer one, as the log only ever loses its oldest part', async () => {
    const { clock, start } = await startTopic({ 'retention.ms': '1000000' }, [1_000_000, 1]);
    clock.advance(checkMs);
    expect(start()).toBe(0);
  });

  it('are deleted from the oldest as long as retention.bytes are left', async () => {
    const { clock, start } = await startTopic(
      { 'retention.bytes': '2000' },
      [1, 2, 3, 4].map(ms => 1e6 + ms),
    );
    clock.advance(checkMs);
    expect(start()).toBe(2);
  });

  it('of a topic that is only compacted are never deleted', async () => {
    const { clock, start } = await startTopic({ 'cleanup.policy': 'compact', 'retention.ms': '1' }, [1]);
    clock.advance(2 * checkMs);
    expect(start()).toBe(0);
  });

  it('are checked again after the broker was stopped and resumed', async () => {
    const { broker, clock, start } = await startTopic({ 'retention.ms': '1' }, [1]);
    await broker.stop();
    expect(clock.timerCount).toBe(0);
    await broker.resume();
    clock.advance(checkMs);
    expect(start()).toBe(1);
  });
});
