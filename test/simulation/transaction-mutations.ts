import { FileFlow } from '../../src/engine/file-flow.js';
import { Outbox } from '../../src/engine/outbox.js';
import type { OffsetToCommit } from '../../src/kafka/driver.js';
import { TransactionClient } from '../../src/kafka/kafkajs/transaction-client.js';
import { TransactionCommitter } from '../../src/kafka/kafkajs/transaction-committer.js';
import { otherMetadata } from '../../src/offsets/commit-metadata.js';
import { SimulatedGroup } from './simulated-group.js';
import { SimulatedTransactions } from './simulated-transactions.js';
import { SimulatedMember } from './simulated-member.js';
import { type Mutation, replace, wrapEngine } from './switch-off.js';

/** Rules of exactly-once delivery, switched off. */
export const exactlyOnce: readonly Omit<Mutation, 'delivery'>[] = [
  {
    name: 'results are committed before the offsets, in a transaction of their own',
    install: replace(
      TransactionClient.prototype,
      'fill',
      fill =>
        async function (this: TransactionClient, offsets, records) {
          const { offsets: asked, ...group } = offsets;
          if (records.length > 0) {
            await fill.call(this, { ...group, offsets: [] }, records);
            await this.commit();
          }
          await fill.call(this, { ...group, offsets: asked }, []);
        },
    ),
  },
  {
    name: 'the offsets of a transaction name no member and no generation',
    install: replace(SimulatedGroup.prototype, 'refusalOf', () => () => undefined),
  },
  {
    name: 'a new producer does not shut the last one out',
    fromSeed: 190,
    install: replace(SimulatedTransactions.prototype, 'raisedEpoch', () => epoch => Math.max(1, epoch)),
  },
  {
    name: 'reading begins from offsets that an undecided transaction may change',
    install: replace(SimulatedTransactions.prototype, 'isUnstable', () => () => false),
  },
  {
    name: 'a transaction of which nobody knows counts as not committed',
    fromSeed: 100,
    install: replace(
      SimulatedMember.prototype,
      'committedOffsets',
      () =>
        function () {
          return [];
        },
    ),
  },
  {
    name: 'a transaction of which nobody knows counts as committed',
    install: replace(
      TransactionCommitter.prototype,
      'commit',
      commit =>
        function (this: TransactionCommitter, ...asked) {
          return commit.apply(this, asked).catch(() => 'committed' as const);
        },
    ),
  },
  {
    name: 'a transaction that changes no offset leaves what is committed as it was',
    fromSeed: 921_022_850,
    install: wrapEngine(
      handle => event =>
        handle(event).map(command =>
          command.kind === 'commit' ? { ...command, offsets: command.offsets.map(inFirstWords) } : command,
        ),
    ),
  },
  {
    name: 'what a transaction that failed held is not sent again',
    install: replace(Outbox.prototype, 'giveBack', () => () => undefined),
  },
  {
    name: 'results of lost partitions stay in the outbox',
    install: replace(Outbox.prototype, 'drop', () => () => undefined),
  },
  {
    name: 'a batch that was under way when partitions were lost goes back to the outbox',
    install: replace(
      Outbox.prototype,
      'drop',
      drop =>
        function (this: Outbox, files) {
          const out = new Set(this.filesOut);
          drop.call(this, new Set([...files].filter(file => !out.has(file))));
        },
    ),
  },
  {
    name: 'a file counts as done before its transaction is committed',
    install: wrapEngine(handle => event => {
      const commands = handle(event);
      const commits = commands.filter(command => command.kind === 'commit');
      return [
        ...commands,
        ...commits.flatMap(({ commitId }) => handle({ kind: 'commit-ended', commitId, result: 'committed' })),
      ];
    }),
  },
  {
    name: 'files of lost partitions are kept beside the outbox',
    install: replace(FileFlow.prototype, 'drop', () => () => undefined),
  },
];

/** Of two texts that say the same the one that begins with a capital letter. */
function inFirstWords(committed: OffsetToCommit): OffsetToCommit {
  const { partition, offset, metadata } = committed;
  const [kind] = Buffer.from(metadata.slice(3, 7), 'base64url');
  const isFirst = kind === undefined || kind < 'a'.charCodeAt(0);
  if (isFirst) return committed;
  return { partition, offset, metadata: otherMetadata({ topic: 'chunks', partition, offset }, metadata) };
}
