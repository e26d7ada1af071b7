import { ChunkIntake } from '../../src/engine/chunk-intake.js';
import { OutcomeRecorder } from '../../src/engine/outcome-recorder.js';
import { OwnedPartitions } from '../../src/engine/owned-partitions.js';
import { IncompleteFiles } from '../../src/engine/set-aside/incomplete-files.js';
import { SetAsideFiles } from '../../src/engine/set-aside/set-aside-files.js';
import { isSetAsideKey } from '../../src/wire/set-aside-record.js';
import { type Mutation, replace, wrapEngine } from './switch-off.js';

const isSetAside = ({ key }: { readonly key: Uint8Array | null }): boolean =>
  key !== null && isSetAsideKey(Buffer.from(key).toString());

const bothDeliveries: readonly Omit<Mutation, 'delivery'>[] = [
  {
    name: 'a file is set aside before all that is on the topic is read',
    install: replace(OwnedPartitions.prototype, 'lag', () => () => 0n),
  },
  {
    name: 'the rest of a file that was set aside is not read again',
    install: replace(IncompleteFiles.prototype, 'resume', () => () => false),
  },
  {
    name: 'what another worker has set aside is not read',
    install: replace(SetAsideFiles.prototype, 'load', () => () => undefined),
  },
  {
    name: 'incomplete files are never set aside',
    install: replace(IncompleteFiles.prototype, 'ended', () => () => undefined),
  },
  {
    name: 'a version that never became whole is kept though a newer one is done',
    install: replace(OutcomeRecorder.prototype, 'newerThan', () => () => undefined),
  },
  {
    name: 'a version that is done supersedes newer ones, too',
    install: replace(
      OutcomeRecorder.prototype,
      'newerThan',
      newerThan =>
        function (this: OutcomeRecorder, path) {
          return newerThan.call(this, path, { firstWrittenAtMs: 0, lastWrittenAtMs: 0 });
        },
    ),
  },
  {
    name: 'what retention took of a file that is set aside is not looked for',
    fromSeed: 640,
    install: replace(
      IncompleteFiles.prototype,
      'ended',
      ended =>
        function (this: IncompleteFiles, ends, _starts, nowMs) {
          return ended.call(this, ends, undefined, nowMs);
        },
    ),
  },
  {
    name: 'a chunk that comes while its file is being set aside does not keep it open',
    install: replace(
      ChunkIntake.prototype,
      'take',
      take =>
        function (this: ChunkIntake, ...given) {
          const before = new Map([...this.files].map(file => [file, file.reopenedCount]));
          const taken = take.apply(this, given);
          for (const [file, count] of before) {
            if (file.reopenedCount === count || file.state !== 'assembling') continue;
            file.reopenedCount = count;
            file.state = 'setting-aside';
          }
          return taken;
        },
    ),
  },
];

export const setAsideMutations: readonly Mutation[] = [
  ...bothDeliveries.flatMap(mutation => [
    { ...mutation, delivery: 'at-least-once' as const },
    { ...mutation, delivery: 'exactly-once' as const },
  ]),
  {
    name: 'offsets move on before the record of a file that is set aside is acknowledged',
    delivery: 'at-least-once',
    install: wrapEngine(handle => event => {
      const commands = handle(event);
      const early = commands.filter(command => command.kind === 'record' && isSetAside(command.message));
      return [
        ...commands,
        ...early.flatMap(command =>
          command.kind === 'record'
            ? handle({ kind: 'recorded', workId: command.workId, isOnTopic: true })
            : [],
        ),
      ];
    }),
  },
  {
    name: 'the record of a file that is set aside is not in the transaction of the offsets',
    delivery: 'exactly-once',
    install: wrapEngine(
      handle => event =>
        handle(event).map(command =>
          command.kind === 'commit'
            ? { ...command, messages: command.messages.filter(message => !isSetAside(message)) }
            : command,
        ),
    ),
  },
];
