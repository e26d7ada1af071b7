import type { ConsumerConfig } from 'kafkajs';
import { EventEmitter } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { AssignmentTracker } from '../../src/kafka/kafkajs/assignment-tracker.js';
import type { KafkaClient } from '../../src/kafka/kafkajs/connection-config.js';
import { ConsumerSession } from '../../src/kafka/kafkajs/consumer-session.js';
import type { OffsetManager } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import type { PartitionFlow } from '../../src/kafka/kafkajs/partition-flow.js';
import { GroupVoice } from '../../src/kafka/kafkajs/placement/group-voice.js';
import { silentLogger } from '../../src/logger.js';
import { consumerOptions } from './group-member.js';
import { waitUntil } from './wait-until.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** As kafkajs names its events. */
const events = {
  GROUP_JOIN: 'consumer.group_join',
  HEARTBEAT: 'consumer.heartbeat',
  REBALANCING: 'consumer.rebalancing',
  START_BATCH_PROCESS: 'consumer.start_batch_process',
  STOP: 'consumer.stop',
  CRASH: 'consumer.crash',
} as const;

/** A session with a kafkajs consumer that does nothing but say what a test says. */
function startSession() {
  const emitter = new EventEmitter();
  const consumer = (config: ConsumerConfig): object => {
    const logger = silentLogger() as never;
    for (const create of config.partitionAssigners!) create({ cluster: {} as never, groupId: 'g', logger });
    const done = () => Promise.resolve();
    const on = (name: string, listener: (event: object) => void) => emitter.on(name, listener);
    return { events, on, connect: done, subscribe: done, run: done, disconnect: done };
  };
  const heard = { heartbeats: 0 };
  const coordinator = {
    isConnected: () => true,
    heartbeat: () => {
      heard.heartbeats += 1;
      return Promise.resolve();
    },
  };
  const manager = { coordinator, groupId: 'g', memberId: 'm', generationId: 1 } as unknown as OffsetManager;
  const options = { ...consumerOptions('g', 'chunks'), sessionTimeoutMs: 60, heartbeatIntervalMs: 10 };
  const session = new ConsumerSession({
    client: { kafka: { consumer } as unknown as KafkaClient['kafka'], destroy: () => undefined },
    options,
    flow: { manager } as unknown as PartitionFlow,
    voice: new GroupVoice({ options, tracker: new AssignmentTracker(), openVersions: () => [] }),
    formerMemberId: null,
    onGroupJoin: () => undefined,
    onHandlerError: error => {
      throw error;
    },
  });
  const ended = session.run();
  closing.push(() => {
    session.close();
    return ended;
  });
  return { heard, say: (name: keyof typeof events) => emitter.emit(events[name], { payload: {} }) };
}

// Until a crash is told kafkajs cuts its connections: whoever speaks then would open one anew.
test.each(['STOP', 'REBALANCING'] as const)('no heartbeat is sent once kafkajs says %s', async name => {
  const [stopped, other] = [startSession(), startSession()];
  stopped.say('GROUP_JOIN');
  stopped.say(name);
  other.say('GROUP_JOIN');
  await waitUntil(() => other.heard.heartbeats >= 3);
  expect(stopped.heard.heartbeats).toBe(0);
});
