import { expect, it } from 'vitest';
import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { coreOptions } from './driven-core.js';

const begin: readonly EngineEvent[] = [
  { kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } },
  {
    kind: 'committed-offset',
    epoch: 1,
    committed: { partition: 0, offset: null, metadata: null },
  },
];

/** One that reads a message that is no chunk, after these events. @returns where its dead letter goes */
function topicOfLetter(...events: readonly EngineEvent[]): string | undefined {
  const core = new EngineCore({
    ...coreOptions,
    budgetBytes: 100_000_000,
    delivery: 'exactly-once',
    stateTopic: 'states',
    deadLetterTopic: 'letters',
  });
  let nowMs = 1_000;
  const commands: EngineCommand[] = [];
  const handle = (event: EngineEvent): void => void commands.push(...core.handle(event, (nowMs += 1_000)));
  for (const event of begin) handle(event);
  const reading = commands.find(command => command.kind === 'read-outcomes');
  const { readId } = reading as EngineCommand & { kind: 'read-outcomes' };
  handle({ kind: 'outcomes-read', readId, paths: [], setAside: [], superseded: [], isKept: true });
  for (const event of events) handle(event);
  const records = [{ offset: 0n, timestampMs: 0, key: null, value: Buffer.from('no chunk') }];
  handle({ kind: 'records', epoch: 1, partition: 0, records, nextOffset: 1n, highWatermark: 1n });
  handle({ kind: 'tick' });
  const commit = commands.find(command => command.kind === 'commit');
  return commit?.messages.find(({ value }) => value !== null && Buffer.from(value).includes('raw'))?.topic;
}

it('dead letters go to their topic', () => {
  expect(topicOfLetter()).toBe('letters');
});

it('once that takes none, they go where they are kept instead', () => {
  expect(topicOfLetter({ kind: 'letters-stand-in', topic: 'states' })).toBe('states');
});
