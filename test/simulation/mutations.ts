import { CrashGuard } from '../../src/engine/crash-guard/crash-guard.js';
import type { EngineCore } from '../../src/engine/engine-core.js';
import { FileFlow } from '../../src/engine/file-flow.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { PathOrder } from '../../src/engine/path-order.js';
import { RecentOutcomes } from '../../src/engine/recent-outcomes.js';
import { ResultSender } from '../../src/engine/result-sender.js';
import { encodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import type { OffsetToCommit } from '../../src/kafka/driver.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { setAsideMutations } from './set-aside-mutations.js';
import { readMetadata } from './checker/read-metadata.js';
import { SimulatedConsumer } from './simulated-consumer.js';
import { SimulatedGroup } from './simulated-group.js';
import { SimulatedProducer } from './simulated-producer.js';
import { type Mutation, replace, wrapEngine } from './switch-off.js';
import { exactlyOnce } from './transaction-mutations.js';

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

/** A member that was frozen is counted as dead, and cannot be taken off when it is in the group again. */
const crashGuard: Omit<Mutation, 'delivery'> = {
  name: 'which runs are counted against a file is not known',
  underSiege: true,
  fromSeed: 450,
  install: replace(
    CrashGuard.prototype,
    'load',
    load =>
      function (this: CrashGuard, records) {
        const nameless = records.map(record =>
          record.kind === 'call' && record.call !== undefined
            ? { ...record, call: { ...record.call, countedRuns: [] } }
            : record,
        );
        return load.call(this, nameless);
      },
  ),
};

const atLeastOnce: readonly Omit<Mutation, 'delivery'>[] = [
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
    fromSeed: 460,
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
    fromSeed: 240,
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
    install: replace(FileFlow.prototype, 'drop', () => () => undefined),
  },
  {
    name: 'results of lost partitions that wait for their turn are sent',
    fromSeed: 700_001_900,
    install: replace(ResultSender.prototype, 'drop', () => () => undefined),
  },
  {
    name: 'files that ended after the last commit are not read again',
    fromSeed: 129_000,
    withoutStateTopic: true,
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

export const mutations: readonly Mutation[] = [
  ...atLeastOnce.map(mutation => ({ ...mutation, delivery: 'at-least-once' as const })),
  { ...crashGuard, delivery: 'at-least-once' },
  { ...crashGuard, delivery: 'exactly-once' },
  ...exactlyOnce.map(mutation => ({ ...mutation, delivery: 'exactly-once' as const })),
  ...setAsideMutations,
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
