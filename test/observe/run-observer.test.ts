import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { RunObserver } from '../../src/observe/run-observer.js';
import { usualWords } from '../../src/observe/run-words.js';
import { badInput, doneReport, failedReport, fileInfo, progressOf, recordingLogger } from './reports.js';

function observe(isForPeople = false, words = usualWords) {
  const log = recordingLogger();
  let ms = 0;
  const observer = new RunObserver({
    name: 'PeakFinder',
    consumeTopic: 'raw',
    logger: log.logger,
    isForPeople,
    words,
    now: () => ms,
    date: () => new Date('2026-03-11T08:00:00Z'),
  });
  const wait = (duration: number): void => void (ms += duration);
  return { ...log, observer, wait };
}

describe('a file', () => {
  it('that is done has one line with path, size, chunks, partitions, milliseconds and messages', () => {
    const { observer, lines } = observe();
    observer.onReport(doneReport('xrd/a.xy', { file: fileInfo('xrd/a.xy', [0, 2]) }));
    expect(lines).toEqual([
      {
        level: 'info',
        message:
          'done: xrd/a.xy, 1.2 MiB in 3 chunks from partitions 0,2, 812 ms (45 ms in the method), 1 message',
        fields: {
          kind: 'file-done',
          file: 'xrd/a.xy',
          size: 1_258_291,
          chunks: 3,
          partitions: [0, 2],
          messages: 1,
          attempts: 1,
          processingMs: 45,
          ms: 812,
        },
      },
    ]);
  });

  it('has no messages where there are no results, and its time in the words of the program', () => {
    const { observer, lines } = observe(true, { hasResults: false, methodText: 'to keep it' });
    observer.onReport(doneReport('a', { messageCount: 0 }));
    observer.end({ kind: 'drained', reason: 'stopped' } as never);
    observer.writeEnd();
    expect(lines.map(({ message }) => message)).toEqual([
      'done: a, 1.2 MiB in 3 chunks from partition 0, 812 ms (45 ms to keep it)',
      'stopped: 1 file done (1.2 MiB) in 0.0 s',
    ]);
  });

  it('has no fields on a terminal: the text says it all', () => {
    const { observer, lines } = observe(true);
    observer.onReport(doneReport('a'));
    observer.onReport(badInput(1));
    observer.printProgress();
    expect(lines.map(({ fields }) => fields)).toEqual([{}, {}, {}]);
  });

  it('that was skipped says why', () => {
    const { observer, messages } = observe();
    observer.onReport(doneReport('a', { messageCount: 0, skipped: 'no peaks', attempts: 2 }));
    expect(messages()[0]).toBe(
      'done: a, 1.2 MiB in 3 chunks from partition 0, 812 ms (45 ms in the method, 2 attempts), skipped: no peaks',
    );
  });

  it('that failed says what happens to it and where its chunks lie', () => {
    const { observer, lines } = observe();
    observer.onReport(failedReport('a', { file: fileInfo('a', [0, 1]) }));
    expect(lines[0]!.level).toBe('error');
    expect(lines[0]!.message).toBe(
      'given up: a after 3 attempts, the method threw: no header. A restart does not try it again ' +
        '(3 chunks at raw[0]@12-14, raw[1]@12-14): upload it once more after a restart, or read the topic with a new --group-id',
    );
    observer.onReport(failedReport('b', { file: { ...fileInfo('b'), chunkCount: 1 } }));
    expect(lines[1]!.message).toContain('A restart does not try it again (1 chunk at raw[0]@12-14): ');
    observer.onReport(failedReport('c', { deadLetterTopic: 'peaks.dead-letters' }));
    expect(lines[2]!.message).toMatch(
      /: its dead letter is on peaks\.dead-letters, reproducer replay runs it again$/,
    );
  });
});

describe('bad input', () => {
  it('is logged with topic, partition, offset, code and reason', () => {
    const { observer, lines } = observe();
    observer.onReport(badInput(42));
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'bad input at raw[3]@42: it is garbage (ERR_CHUNK_DECODE); the message is passed over',
        fields: {
          kind: 'bad-input',
          topic: 'raw',
          partition: 3,
          offset: '42',
          code: 'ERR_CHUNK_DECODE',
          reason: 'it is garbage',
        },
      },
    ]);
  });

  it('is counted in a flood, and the lines left out are told together', () => {
    const { observer, lines, wait } = observe();
    for (let offset = 0; offset < 5_000; offset += 1) {
      observer.onReport(badInput(offset, offset % 10 === 0 ? 'ERR_UNSAFE_PATH' : 'ERR_CHUNK_DECODE'));
    }
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(20);
    wait(10_000);
    observer.onProgress(progressOf());
    expect(lines.filter(({ level }) => level === 'warn').at(-1)!.message).toBe(
      '4,980 more bad messages (ERR_UNSAFE_PATH: 498, ERR_CHUNK_DECODE: 4,482), from raw[3]@20 to raw[3]@4999; ' +
        '--log-level debug tells each',
    );
    expect(observer.summary().badInput).toEqual({
      count: 5_000,
      byCode: { ERR_UNSAFE_PATH: 500, ERR_CHUNK_DECODE: 4_500 },
    });
  });

  it('loses no count, whatever the times between messages', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { maxLength: 200 }), pauses => {
        const { observer, lines, wait } = observe();
        for (const [offset, pause] of pauses.entries()) {
          wait(pause);
          observer.onReport(badInput(offset));
        }
        observer.end({ kind: 'drained', reason: 'stopped' });
        observer.writeEnd();
        const warnings = lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
        const told = warnings.reduce((sum, fields) => sum + Number(fields.badInputOmitted ?? 1), 0);
        expect(told).toBe(pauses.length);
      }),
    );
  });
});

describe('progress', () => {
  it('is told at most every 5 seconds while messages arrive', () => {
    const { observer, messages, wait } = observe();
    for (let second = 1; second <= 12; second += 1) {
      wait(1_000);
      observer.onProgress(
        progressOf({
          recordCount: second,
          recordBytes: second * 1_048_576,
          openFileCount: 2,
          pipelineFileCount: 1,
          lag: 7,
        }),
      );
    }
    expect(messages()).toEqual([
      'progress: 0 files done, 1 to be processed, 1 incomplete, 5.0 MiB read (1.0 MiB/s), 7 messages behind',
      'progress: 0 files done, 1 to be processed, 1 incomplete, 10 MiB read (1.0 MiB/s), 7 messages behind',
    ]);
  });

  it('names the files whose method says how far it is', () => {
    const { observer, messages } = observe();
    for (const workId of [1, 2]) observer.calls.begin(workId, `f${workId}`);
    observer.calls.report({ workId: 1, attempt: 1, fraction: 0.429 });
    observer.calls.report({ workId: 9, attempt: 1, fraction: 0.5 });
    observer.onProgress(progressOf({ pipelineFileCount: 2, lag: 0 }));
    observer.printProgress();
    observer.calls.end(1);
    observer.printProgress();
    const line = 'progress: 0 files done, 2 to be processed, 0 B read (0 B/s)';
    expect(messages()).toEqual([`${line}, f1 42 %, 0 messages behind`, `${line}, 0 messages behind`]);
  });

  it('says once that it waits for files, and again after work', () => {
    const { observer, messages, wait } = observe();
    const tick = (parts: Parameters<typeof progressOf>[0]): void => {
      wait(1_000);
      observer.onProgress(progressOf(parts));
    };
    for (let second = 0; second < 60; second += 1) tick({});
    expect(messages()).toEqual(['waiting for files']);
    tick({ recordCount: 1, openFileCount: 1 });
    for (let second = 0; second < 60; second += 1) tick({ recordCount: 1, openFileCount: 1 });
    expect(
      messages()
        .slice(1)
        .filter(text => !text.startsWith('progress')),
    ).toEqual(['waiting for files; of 1 file not every chunk has arrived']);
  });

  it('says once that another worker has the partitions', () => {
    const { observer, messages } = observe();
    observer.onProgress(progressOf({ state: 'connecting' }));
    observer.onProgress(progressOf({ state: 'standing-by' }));
    observer.onProgress(progressOf({ state: 'standing-by' }));
    expect(messages()).toEqual([
      'standing by: another worker of the group reads the topic; this one takes over when it ends',
    ]);
  });
});

describe('the summary', () => {
  it('lists what failed, sets exit code 3, and is plain data', () => {
    const { observer, messages, wait } = observe();
    observer.onReport(doneReport('a', { size: 100 }));
    observer.onReport(failedReport('b'));
    observer.onProgress(progressOf({ state: 'ended', recordCount: 6, recordBytes: 3_000, openFileCount: 1 }));
    wait(2_500);
    observer.end({ kind: 'drained', reason: 'idle' });
    observer.writeEnd();
    const summary = observer.summary();
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary).toEqual({
      name: 'PeakFinder',
      outcome: 'idle',
      exitCode: 3,
      startedAt: '2026-03-11T08:00:00.000Z',
      durationMs: 2_500,
      files: { done: 1, skipped: 0, failed: 1, duplicate: 0, superseded: 0, unfinished: 0, incomplete: 1 },
      fileBytes: 100,
      messages: 1,
      records: { count: 6, bytes: 3_000 },
      badInput: { count: 0, byCode: {} },
      failedFiles: [
        {
          path: 'b',
          size: 10,
          sha512: 'ab'.repeat(64),
          reason: 'threw',
          error: 'no header',
          attempts: 3,
          source: fileInfo('b').source,
        },
      ],
      failedFilesOmitted: 0,
    });
    expect(messages().slice(-2)).toEqual([
      'ended, nothing was left to do: 1 file done (100 B), 1 failed, 1 message, 1 file incomplete in 2.5 s',
      '1 file failed and will not be tried again by a restart:\n  b at raw[0]@12-14: no header',
    ]);
  });

  it('keeps the first 1,000 failed files and counts the rest', () => {
    const { observer } = observe();
    for (let at = 0; at < 1_005; at += 1) observer.onReport(failedReport(`f${at}`));
    const { failedFiles, failedFilesOmitted, files } = observer.summary();
    expect([failedFiles.length, failedFilesOmitted, files.failed]).toEqual([1_000, 5, 1_005]);
  });

  it('is a failure with exit code 1 when Kafka refuses something, files or not', () => {
    const { observer } = observe();
    observer.onReport(failedReport('b'));
    observer.end({ kind: 'failed', error: new BrokerError('no right to read raw', { retriable: false }) });
    expect(observer.summary()).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      error: 'BrokerError: no right to read raw',
    });
  });

  it('becomes a failure when a hook throws after the end, and nothing else changes it', () => {
    const { observer } = observe();
    observer.end({ kind: 'drained', reason: 'limit' });
    observer.end({ kind: 'abandoned', unfinishedFileCount: 1 });
    expect(observer.summary()).toMatchObject({ outcome: 'limit', exitCode: 0 });
    observer.end({ kind: 'failed', error: new Error('boom') });
    expect(observer.summary()).toMatchObject({ outcome: 'failed', exitCode: 1, error: 'boom' });
  });
});

describe('retention', () => {
  it('that overtook the worker is told as data loss with its offsets', () => {
    const { observer, lines } = observe();
    observer.onReport({ kind: 'position-reset', partition: 1, expected: 100n, found: 350n });
    expect(lines[0]).toMatchObject({
      level: 'error',
      message:
        'DATA LOSS at raw[1]: offsets 100 to 349 (250 messages) are no longer on the topic; ' +
        'retention removed them before they were done with. Files with chunks there stay incomplete',
    });
  });
});

describe('a topic that does not exist', () => {
  const missing = {
    level: 'warn',
    fields: {
      activity: 'reading',
      reason: 'cannot read topic raw: it is not there (UNKNOWN_TOPIC_OR_PARTITION)',
    },
    message: 'cannot read topic raw',
  } as const;
  const back = {
    level: 'info',
    fields: { activity: 'reading', seconds: 3 },
    message: 'reading goes on',
  } as const;

  it('is waited for by its name, and not for a connection', () => {
    const { observer, lines, wait } = observe(true);
    observer.onProgress(progressOf({ state: 'running' }));
    observer.onLog(missing);
    observer.onProgress(progressOf({ state: 'connecting' }));
    observer.onLog(back);
    wait(10_000);
    observer.onProgress(progressOf({ state: 'running', recordCount: 1 }));
    observer.onLog({ ...missing, fields: { activity: 'reading', reason: 'connection refused' } });
    observer.onProgress(progressOf({ state: 'connecting' }));
    const texts = lines.map(({ message }) => message);
    expect(texts).toContain('topic raw does not exist any more: waiting for it');
    expect(texts.at(-1)).toBe('the connection to Kafka is gone: waiting for it');
  });

  it('has its reason in the text alone on a terminal', () => {
    const { observer, lines } = observe(true);
    observer.onLog(missing);
    expect(lines).toEqual([{ level: 'warn', message: 'cannot read topic raw', fields: {} }]);
  });
});
