import { EngineCore } from '../../src/engine/engine-core.js';
import { FileFlow } from '../../src/engine/file-flow.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { PathOrder } from '../../src/engine/path-order.js';
import { RecentOutcomes } from '../../src/engine/recent-outcomes.js';
import { encodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import type { OffsetToCommit } from '../../src/kafka/driver.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { readMetadata } from './checker/read-metadata.js';
import { SimulatedConsumer } from './simulated-consumer.js';
import { SimulatedGroup } from './simulated-group.js';
import { SimulatedProducer } from './simulated-producer.js';

/** One rule of delivery switched off, from outside: the product has no switch for it. */
export interface Mutation {
  readonly name: string;
  /** @returns switches the rule on again */
  readonly install: () => () => void;
}

type Handle = (event: EngineEvent) => EngineCommand[];

/** Puts a method of a class in place of the one it has. */
function replace<T extends object, K extends keyof T>(prototype: T, name: K, make: (original: T[K]) => T[K]) {
  return (): (() => void) => {
    const original = prototype[name];
    prototype[name] = make(original);
    return () => (prototype[name] = original);
  };
}

/** Changes what goes into each engine and what comes out. `makeHandle` is called once for each engine. */
function wrapEngine(makeHandle: (handle: Handle, core: EngineCore) => Handle): () => () => void {
  const handles = new WeakMap<EngineCore, Handle>();
  return replace(
    EngineCore.prototype,
    'handle',
    original =>
      function (this: EngineCore, event: EngineEvent, nowMs: number) {
        now = nowMs;
        let handle = handles.get(this);
        if (handle === undefined) {
          handle = makeHandle(one => original.call(this, one, now), this);
          handles.set(this, handle);
        }
        return handle(event);
      },
  );
}
let now = 0;

function changeCommands(change: (command: EngineCommand, core: EngineCore) => EngineCommand) {
  return wrapEngine((handle, core) => event => handle(event).map(command => change(command, core)));
}

function changeOffsets(change: (offset: OffsetToCommit, core: EngineCore) => OffsetToCommit) {
  return changeCommands((command, core) =>
    command.kind === 'commit'
      ? { ...command, offsets: command.offsets.map(offset => change(offset, core)) }
      : command,
  );
}

function changeEvents(change: (event: EngineEvent) => EngineEvent) {
  return wrapEngine(handle => event => handle(change(event)));
}

function seal(partition: number, offset: bigint, readUpTo: bigint, openVersions: readonly string[]): string {
  return encodeCommitMetadata({ topic: 'chunks', partition, offset }, { readUpTo, openVersions }).metadata;
}

let processCount = 0;

export const mutations: readonly Mutation[] = [
  {
    name: 'offsets are committed up to where was read, past unfinished files',
    install: changeOffsets(({ partition, offset }, core) => ({
      partition,
      offset: core.positionOf(partition) ?? offset,
      metadata: '',
    })),
  },
  {
    name: 'unfinished files are not listed beside the offset',
    install: changeOffsets(({ partition, offset, metadata }) => {
      const { readUpTo } = readMetadata(Number(offset), metadata);
      return { partition, offset, metadata: seal(partition, offset, BigInt(readUpTo), []) };
    }),
  },
  {
    name: 'a file counts as done before its result is acknowledged',
    install: wrapEngine(handle => event => {
      const commands = handle(event);
      const produced = commands.filter(command => command.kind === 'produce');
      return [...commands, ...produced.flatMap(({ workId }) => handle({ kind: 'produced', workId }))];
    }),
  },
  {
    name: 'a result that got no answer is not sent again',
    install: replace(
      SimulatedProducer.prototype,
      'send',
      send =>
        function (this: SimulatedProducer, ...sent) {
          return send.apply(this, sent).catch(() => undefined);
        },
    ),
  },
  {
    name: 'metadata that belongs to another position is believed',
    install: changeEvents(event => {
      if (event.kind !== 'committed-offset' || event.committed.offset === null) return event;
      const { partition, offset, metadata } = event.committed;
      const { readUpTo, open } = readMetadata(Number(offset), metadata);
      if (open === undefined) return event;
      const sealed = seal(partition, offset, BigInt(readUpTo), [...open]);
      return { ...event, committed: { partition, offset, metadata: sealed } };
    }),
  },
  {
    name: 'metadata is not read',
    install: changeEvents(event =>
      event.kind === 'committed-offset'
        ? { ...event, committed: { ...event.committed, metadata: null } }
        : event,
    ),
  },
  {
    name: 'partitions are committed one by one',
    install: replace(
      SimulatedConsumer.prototype,
      'commit',
      commit =>
        async function (this: SimulatedConsumer, epoch, offsets) {
          let result: 'committed' | 'stale' = 'committed';
          for (const offset of offsets) result = await commit.call(this, epoch, [offset]);
          return result;
        },
    ),
  },
  {
    name: 'a commit without answer counts as one that came about',
    install: changeEvents(event =>
      event.kind === 'commit-ended' && event.result === 'failed' ? { ...event, result: 'committed' } : event,
    ),
  },
  {
    name: 'who lost its partitions can commit',
    install: replace(SimulatedGroup.prototype, 'isCurrent', () => () => true),
  },
  {
    name: 'records of an earlier generation are taken',
    install: wrapEngine(handle => {
      let epoch = 0;
      return event => {
        if (event.kind === 'assigned') epoch = event.assignment.epoch;
        return handle(event.kind === 'records' ? { ...event, epoch } : event);
      };
    }),
  },
  {
    name: 'files of lost partitions are kept',
    install: replace(FileFlow.prototype, 'clear', () => () => undefined),
  },
  {
    name: 'files that ended after the last commit are not read again',
    install: replace(RecentOutcomes.prototype, 'forgetUncommitted', () => () => undefined),
  },
  {
    name: 'late copies open finished files again',
    install: replace(RecentOutcomes.prototype, 'get', () => () => undefined),
  },
  {
    name: 'the hash of the file is not checked',
    install: changeEvents(event => (event.kind === 'verified' ? { ...event, matches: true } : event)),
  },
  {
    name: 'versions of one path are processed side by side',
    install: replace(PathOrder.prototype, 'isFirst', () => () => true),
  },
  { name: 'chunks of all versions of a path are put together', install: mixVersions() },
  {
    name: 'each process gives results ids of its own',
    install: wrapEngine(handle => {
      const suffix = String((processCount += 1));
      return event =>
        handle(event).map(command =>
          command.kind === 'process'
            ? { ...command, file: { ...command.file, resultId: command.file.resultId + suffix } }
            : command,
        );
    }),
  },
  {
    name: 'nothing is committed after a stop',
    install: wrapEngine(handle => {
      let isStopping = false;
      return event => {
        isStopping ||= event.kind === 'stop';
        const commands = handle(event);
        for (const command of isStopping ? commands.slice() : [])
          if (command.kind === 'commit') {
            commands.splice(commands.indexOf(command), 1);
            commands.push(
              ...handle({ kind: 'commit-ended', commitId: command.commitId, result: 'committed' }),
            );
          }
        return commands;
      };
    }),
  },
];

function mixVersions(): () => () => void {
  return wrapEngine(handle => {
    const hashes = new Map<string, Uint8Array>();
    const mix = (value: Buffer | null): Buffer | null => {
      try {
        const chunk = decodeChunk(value);
        const fileHash = hashes.get(chunk.filename) ?? Buffer.from(chunk.fileHash);
        hashes.set(chunk.filename, fileHash);
        return Buffer.from(encodeChunk({ ...chunk, fileHash }));
      } catch {
        return value;
      }
    };
    return event => {
      if (event.kind === 'verified') return handle({ ...event, matches: true });
      if (event.kind !== 'records') return handle(event);
      const records = event.records.map(record => ({ ...record, value: mix(record.value) }));
      return handle({ ...event, records });
    };
  });
}
