import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../src/observe/announce/heartbeat.js';
import { LogMessages } from '../../../src/observe/announce/log-messages.js';
import { LogRelay } from '../../../src/observe/announce/log-relay.js';
import { pythonTimestamp } from '../../../src/observe/announce/python-timestamp.js';
import { doneReport, failedReport, progressOf, recordingLogger } from '../reports.js';

const time = new Date(Date.UTC(2026, 10, 23, 20, 49, 11, 232));

describe('a heartbeat', () => {
  it("has the fields of the original's reproducers, and counts from the one before", () => {
    const heartbeat = new Heartbeat(true);
    heartbeat.onProgress(
      progressOf({ chunks: { readCount: 5, readBytes: 500, processedCount: 4, processedBytes: 400 } }),
    );
    heartbeat.onReport(doneReport('a.xy', { messageCount: 2, messageBytes: 70 }));
    heartbeat.onReport(doneReport('b.xy', { messageCount: 1, messageBytes: 30 }));
    heartbeat.onReport(failedReport('c.xy'));
    expect(heartbeat.take(time)).toBe(
      '{"timestamp": "2026-11-23T20:49:11.232000+00:00", "n_messages_read": 5, "n_messages_processed": 4, ' +
        '"n_messages_produced": 3, "n_bytes_read": 500, "n_bytes_processed": 400, "n_bytes_produced": 100}',
    );
    heartbeat.onProgress(
      progressOf({ chunks: { readCount: 7, readBytes: 720, processedCount: 6, processedBytes: 620 } }),
    );
    expect(JSON.parse(heartbeat.take(time))).toMatchObject({
      n_messages_read: 2,
      n_messages_processed: 2,
      n_messages_produced: 0,
      n_bytes_read: 220,
      n_bytes_processed: 220,
      n_bytes_produced: 0,
    });
  });

  it('of a file processor tells of no results', () => {
    expect(new Heartbeat(false).take(time)).toBe(
      '{"timestamp": "2026-11-23T20:49:11.232000+00:00", "n_messages_read": 0, "n_messages_processed": 0, ' +
        '"n_bytes_read": 0, "n_bytes_processed": 0}',
    );
  });

  it('leaves the fraction of a second out when there is none', () => {
    expect(pythonTimestamp(new Date(0))).toBe('1970-01-01T00:00:00+00:00');
  });
});

describe('a log message', () => {
  it('holds the lines since the last one, which may be none', () => {
    const messages = new LogMessages();
    messages.add('µ');
    messages.add('b');
    expect(messages.take(time)).toEqual(['{"timestamp": 1795466951.232, "messages": ["\\u00b5", "b"]}']);
    expect(messages.take(new Date(2000))).toEqual(['{"timestamp": 2.0, "messages": []}']);
  });

  it('becomes several before it is too large for Kafka', () => {
    const messages = new LogMessages();
    for (let at = 0; at < 5; at++) messages.add('é'.repeat(60_000));
    messages.add('x'.repeat(200_000));
    const values = messages.take(time);
    expect(values.map(value => (JSON.parse(value) as { messages: string[] }).messages.length)).toEqual([
      2, 2, 1, 1,
    ]);
    expect(Math.max(...values.map(value => value.length))).toBeLessThan(1_000_000);
  });

  it('keeps the last 65,536 lines', () => {
    const messages = new LogMessages();
    for (let at = 0; at < 65_540; at++) messages.add(String(at));
    const [first] = JSON.parse(messages.take(time)[0]!).messages as string[];
    expect(first).toBe('4');
  });
});

describe('the relay of log lines', () => {
  it('hands on what is logged, also by children and before somebody takes it, with stacks and without fields', () => {
    const { logger, messages } = recordingLogger();
    const relay = new LogRelay();
    const tapped = relay.tap(logger);
    tapped.info({ file: 'a.xy' }, 'early');
    const lines: string[] = [];
    relay.connect(line => lines.push(line));
    tapped.child({ file: 'b.xy' }).warn('%s of %d', 'two', 3);
    const error = new RangeError('no header');
    tapped.error({ err: error }, 'gave up');
    tapped.error(error);
    expect(lines).toEqual(['early', 'two of 3', `gave up\n${error.stack!}`, `no header\n${error.stack!}`]);
    expect(messages()).toHaveLength(4);
  });

  it('leaves out what the logger leaves out', () => {
    const { logger } = recordingLogger();
    logger.level = 'warn';
    const relay = new LogRelay();
    const lines: string[] = [];
    relay.connect(line => lines.push(line));
    const tapped = relay.tap(logger);
    tapped.info('not this');
    tapped.fatal('this');
    tapped.level = 'silent';
    tapped.fatal('not this');
    expect({ lines, level: logger.level }).toEqual({ lines: ['this'], level: 'silent' });
  });
});
