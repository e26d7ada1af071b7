import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { type Scene } from './harness/scene.js';
import { seededBytes, seededRandom, shuffle, wholeBetween } from './harness/seeded-random.js';
import { sentFile, type ChunkMessage, type SentFile } from './harness/sent-file.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 60_000;
const chunkBytes = 256;
const path = 'growing/scan.dat';
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

/** 21 contents of one path, of 8 to 163 chunks, each beginning like the one before as a file that grows does. */
function makeVersions(): SentFile[] {
  const longest = seededBytes(`${seed}/content`, 163 * chunkBytes);
  return Array.from({ length: 21 }, (_, at) => {
    const chunkCount = 8 + Math.round((at * (163 - 8)) / 20);
    const content = Buffer.from(longest.subarray(0, chunkCount * chunkBytes));
    // A header that is written anew each time.
    content.writeUInt32BE(at, 0);
    return sentFile(path, content, chunkBytes);
  });
}

/** Each content in random order; its last chunks come between the first ones of the next. */
function rewrittenWhileSent(versions: readonly SentFile[]): ChunkMessage[] {
  const random = seededRandom(seed);
  const sent: ChunkMessage[] = [];
  let late: ChunkMessage[] = [];
  for (const { chunks } of versions) {
    const order = shuffle([...chunks], random);
    const heldBack = order.splice(order.length - wholeBetween(random, 0, 5));
    const first = order.splice(0, order.length >> 1);
    sent.push(...shuffle([...first, ...late], random), ...order);
    late = heldBack;
  }
  return [...sent, ...late];
}

async function isAllCommitted(): Promise<boolean> {
  return withAdmin(broker.brokers, async admin => {
    const committed = await committedOffsets(admin, scene.groupId, scene.topic);
    return [...(await endOffsets(admin, scene.topic))].every(
      ([partition, end]) => end === (committed.get(partition) ?? 0n),
    );
  });
}

function start(delivery: string): WorkerProcess {
  return scene.start(program, '--delivery', delivery, '--session-timeout', '2s');
}

/** The contents that have results, in the order of the results. */
async function processed(versions: readonly SentFile[]): Promise<number[]> {
  const messages = await scene.results.catchUp(waitMs);
  return messages.map(({ value }) => {
    const { sha256 } = JSON.parse(value.toString()) as { sha256: string };
    return versions.findIndex(version => version.sha256 === sha256);
  });
}

test.each(['at-least-once', 'exactly-once'])(
  'of a path that is uploaded 21 times while it is rewritten each content is done, none mixed, the last one last, %s',
  async delivery => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const versions = makeVersions();
    const order = rewrittenWhileSent(versions);
    const last = versions.length - 1;
    const worker = start(delivery);
    // In portions, so that the worker meets the contents as they come.
    for (let at = 0; at < order.length; at += 40) await scene.sender.send(order.slice(at, at + 40));
    await worker.runUntil('all contents', waitMs, () => scene.results.messages.length >= versions.length);
    await worker.runUntil('all offsets to be committed', waitMs, isAllCommitted);
    const before = await processed(versions);
    expect(before).toEqual(versions.map((_, at) => at));
    await worker.kill();

    // Late copies of single chunks, and the last content once more, find a worker that knows it all from the state topic.
    await scene.sender.send(before.map(at => versions[at]!.chunks[0]!));
    await scene.sender.send(versions[last]!.chunks);
    const second = start(delivery);
    await second.runUntil('all offsets to be committed', waitMs, isAllCommitted);
    second.send('SIGTERM');
    expect(await second.exited, second.output()).toEqual({ code: 0, signal: null });
    expect(await processed(versions)).toEqual(before);
  },
  2 * waitMs,
);
