import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { ChunkSender, interleave } from './harness/chunk-sender.js';
import { crashCut, lostByCommit, rereadBound, reportedReread, type CrashCut } from './harness/crash-cut.js';
import { differences } from './harness/result-account.js';
import { seededBytes, seededRandom, wholeBetween } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { TopicReader } from './harness/topic-reader.js';
import { committedOffsets, createTopic, endOffsets, freshName, until, withAdmin } from './harness/topics.js';
import { compileProgram, WorkerProcess } from './harness/worker-process.js';

/** In full on real Kafka, in short on the embedded broker. */
const extent = isOnRealKafka
  ? { fileCount: 300, mostChunks: 40, chunkBytes: 16_384, killCount: 20, timeoutMs: 400_000 }
  : { fileCount: 60, mostChunks: 10, chunkBytes: 4096, killCount: 5, timeoutMs: 60_000 };
const partitionCount = 4;
const waitMs = isOnRealKafka ? 60_000 : 25_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let program: string;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});

afterAll(async () => {
  await broker.close();
});

/** Files that several uploaders send at once, up to `ahead` files before their results. */
class Upload {
  readonly files: SentFile[];
  readonly finished: Promise<void>;
  isStopped = false;

  constructor(
    readonly sender: ChunkSender,
    resultCount: () => number,
  ) {
    const random = seededRandom(seed);
    this.files = Array.from({ length: extent.fileCount }, (_, at) => {
      const chunkCount = wholeBetween(random, 1, extent.mostChunks);
      const size = (chunkCount - 1) * extent.chunkBytes + wholeBetween(random, 1, extent.chunkBytes);
      const path = `run${at % 7}/scan-${String(at).padStart(3, '0')}.dat`;
      return sentFile(path, seededBytes(`${seed}/${at}`, size), extent.chunkBytes);
    });
    this.finished = this.#send(resultCount);
  }

  async #send(resultCount: () => number): Promise<void> {
    const random = seededRandom(seed + 1);
    const order = interleave(this.files, 12, seed);
    const ahead = extent.fileCount / 5;
    for (let at = 0; at < order.length;) {
      const wholeFiles = (at / order.length) * extent.fileCount;
      await until('results of earlier files', extent.timeoutMs, () => {
        if (this.isStopped) throw new Error('stopped');
        return wholeFiles - resultCount() < ahead;
      });
      const end = at + wholeBetween(random, 1, 30);
      await this.sender.send(order.slice(at, end));
      at = end;
    }
  }
}

/** After how many results the worker is killed; `undefined`: as soon as it goes on where the last one ended. */
function killMoments(): (number | undefined)[] {
  const random = seededRandom(seed + 2);
  const marks = Array.from({ length: extent.killCount }, () => wholeBetween(random, 1, extent.fileCount - 1));
  marks.sort((a, b) => a - b);
  return marks.map((mark, at) => (at % 5 === 4 ? undefined : mark));
}

test(
  `no file is lost and only unfinished files are read again when the worker is killed ${extent.killCount} times`,
  async () => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}, killed after ${killMoments().join(', ')} results`);
    const { brokers } = broker;
    const topic = await createTopic(brokers, 'chunks', partitionCount);
    const resultTopic = await createTopic(brokers, 'results', 2);
    const groupId = freshName('kill');
    const reader = await TopicReader.open(brokers, resultTopic);
    const sender = await ChunkSender.open(brokers, topic, partitionCount);
    const upload = new Upload(sender, () => reader.files.size);
    const flags = [
      ...['--brokers', brokers.join(','), '--consume-topic', topic, '--produce-topic', resultTopic],
      ...['--group-id', groupId, '--session-timeout', '2s', '--log-level', 'debug'],
      // Slow enough that the worker commits between two kills.
      ...['--concurrency', '2', '--delay-ms', '100'],
    ];
    const cuts: { cut: CrashCut; next: WorkerProcess }[] = [];
    let worker = new WorkerProcess(program, flags);
    try {
      for (const moment of killMoments()) {
        const before = reader.files.size;
        await worker.runUntil('the moment to kill', waitMs, () =>
          moment === undefined
            ? worker.lines.some(line => 'readUpTo' in line)
            : reader.files.size >= Math.min(extent.fileCount, Math.max(moment, before + 1)),
        );
        await worker.kill();
        const results = [...(await reader.catchUp())];
        const cut = await crashCut(brokers, groupId, topic, upload.files, results);
        expect(lostByCommit(cut, sender.sent)).toEqual([]);
        worker = new WorkerProcess(program, flags);
        cuts.push({ cut, next: worker });
      }
      await upload.finished;
      await worker.runUntil('all results', waitMs, () => reader.files.size >= extent.fileCount);
      worker.send('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });

      expect(differences(upload.files, await reader.catchUp())).toEqual([]);
      await withAdmin(brokers, async admin => {
        const ends = await endOffsets(admin, topic);
        expect(await committedOffsets(admin, groupId, topic)).toEqual(ends);
      });
      checkRereads(cuts, sender, reader);
    } finally {
      upload.isStopped = true;
      await worker.kill();
      await upload.finished.catch(() => undefined);
      await sender.close();
      await reader.close();
    }
  },
  extent.timeoutMs,
);

function checkRereads(
  cuts: readonly { cut: CrashCut; next: WorkerProcess }[],
  sender: ChunkSender,
  reader: TopicReader,
): void {
  let caughtUpCount = 0;
  let rereadBytes = 0;
  let skippedBytes = 0;
  for (const { cut, next } of cuts) {
    const reported = reportedReread(next.lines);
    if (reported === undefined) continue;
    caughtUpCount += 1;
    rereadBytes += reported.bytes;
    skippedBytes += reported.skippedBytes;
    const bound = rereadBound(cut, sender.sent, reader.messages.slice(cut.resultCount));
    expect(reported.bytes).toBeLessThanOrEqual(bound.bytes);
    expect(reported.files).toBeLessThanOrEqual(bound.files);
    expect(reported.bytes + reported.skippedBytes).toBeLessThanOrEqual(bound.bytesAboveCommit);
  }
  const repeatedCount = reader.messages.length - extent.fileCount;
  const topicBytes = sender.sent.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  console.log(
    `${cuts.length} kills; ${caughtUpCount} restarts caught up: they read ${rereadBytes} bytes of unfinished files again and ` +
      `skipped ${skippedBytes} of finished ones (the topic holds ${topicBytes}); ${repeatedCount} results came again`,
  );
  // Some are killed before they have caught up.
  expect(caughtUpCount).toBeGreaterThanOrEqual(cuts.length / 4);
  // Without commits every result that was there at a kill would come again after it.
  const atKills = cuts.reduce((sum, { cut }) => sum + extent.fileCount - cut.unfinished.size, 0);
  expect(repeatedCount).toBeLessThan(atKills / 2);
}
