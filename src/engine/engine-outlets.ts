import type { PartStorageHandlers } from '../assembly/disk/part-storage.js';
import type { ConsumerPort, KafkaDriver } from '../kafka/driver.js';
import { DeadLetterTopic, withoutDeadLetters } from './dead-letters/dead-letter-topic.js';
import type { EngineLogLine, EngineOptions, EngineWatcher } from './engine.js';
import type { EngineEvent } from './messages.js';
import { ReadBack } from './read-back.js';
import { ResultSender } from './result-sender.js';
import { StateTopic, withoutStateTopic } from './state-topic.js';
import { ContentReader } from './topic-content/content-reader.js';
import { TransactionSender } from './transaction-sender.js';
import { TroubleLog } from './trouble-log.js';

/** What carries out the core's commands at Kafka, besides the consumer. */
export interface EngineOutlets {
  readonly sender: ResultSender;
  /** Exactly-once. */
  readonly transactions: TransactionSender | undefined;
  /** Undefined: outcomes are not kept. */
  readonly stateTopic: StateTopic | undefined;
  /** Undefined: no dead letters are written. */
  readonly deadLetterTopic: DeadLetterTopic | undefined;
  readonly readBack: ReadBack;
  /** Reads contents that are held nowhere. */
  readonly contentReader: ContentReader;
}

/** Whom they tell what came of it. */
export interface OutletHooks {
  readonly dispatch: (event: EngineEvent) => void;
  /** Nothing can go on until somebody changes rights or configuration. */
  readonly onFatal: (error: Error) => void;
  readonly onLog: (line: EngineLogLine) => void;
  /** Whether more of what was dropped may be read again. */
  readonly hasRoom: () => boolean;
  readonly watcher?: EngineWatcher;
}

/** @param consumer whose group the transactions commit for */
export function createOutlets(
  driver: KafkaDriver,
  consumer: ConsumerPort,
  engineOptions: EngineOptions,
  hooks: OutletHooks,
): EngineOutlets {
  const { options } = engineOptions;
  const deadLetterTopic = createDeadLetterTopic(driver, engineOptions, hooks);
  return {
    sender: createSender(driver, hooks),
    transactions:
      options.delivery === 'exactly-once'
        ? createTransactionSender(driver, consumer, deadLetterTopic, hooks)
        : undefined,
    stateTopic: createStateTopic(driver, engineOptions, hooks),
    deadLetterTopic,
    readBack: createReadBack(driver, options.consumeTopic, hooks),
    contentReader: new ContentReader(driver, options.consumeTopic, line => hooks.onLog(line)),
  };
}

/** What part files say of themselves. */
export function storageHandlers({ dispatch, onFatal, onLog }: OutletHooks): PartStorageHandlers {
  return {
    ...troubleOf('writing files', onLog),
    onWritten: (part, byteLength) => dispatch({ kind: 'part-written', part, byteLength }),
    onLost: onFatal,
    onNote: message => onLog({ level: 'info', fields: {}, message }),
  };
}

function createSender(driver: KafkaDriver, { dispatch, onFatal, onLog }: OutletHooks): ResultSender {
  return new ResultSender(driver.producer(), {
    ...troubleOf('producing', onLog),
    onProduced: workId => dispatch({ kind: 'produced', workId }),
    onRefused: (workId, error) => dispatch({ kind: 'refused', workId, error }),
    onForbidden: onFatal,
  });
}

function createTransactionSender(
  driver: KafkaDriver,
  consumer: ConsumerPort,
  letters: DeadLetterTopic | undefined,
  { onFatal, onLog }: OutletHooks,
): TransactionSender {
  return new TransactionSender(consumer, driver.producer(), {
    ...troubleOf('producing', onLog),
    onForbidden: onFatal,
    placed: messages => letters?.placed(messages) ?? messages,
    makesWay: messages => letters?.makesWay(messages) ?? Promise.resolve(false),
  });
}

function createStateTopic(
  driver: KafkaDriver,
  { options }: EngineOptions,
  { dispatch, onFatal, onLog, watcher }: OutletHooks,
): StateTopic | undefined {
  const { stateTopic, consumeTopic, groupId, requiresStateTopic: isRequired = false } = options;
  if (stateTopic === undefined) {
    const message = `outcomes are not kept on a topic (--state-topic). ${withoutStateTopic}`;
    onLog({ level: 'info', fields: {}, message });
    return undefined;
  }
  return new StateTopic(
    driver,
    { stateTopic, consumeTopic, groupId, isRequired },
    {
      onRecorded: (workId, isOnTopic) => dispatch({ kind: 'recorded', workId, isOnTopic }),
      onNoted: noteId => dispatch({ kind: 'noted', noteId }),
      onEnded: () => dispatch({ kind: 'recording-ended' }),
      onFatal,
      onLog,
      ...(watcher === undefined ? {} : { watcher }),
    },
  );
}

function createDeadLetterTopic(
  driver: KafkaDriver,
  { options }: EngineOptions,
  { dispatch, onFatal, onLog }: OutletHooks,
): DeadLetterTopic | undefined {
  const { deadLetterTopic, requiresDeadLetterTopic: isRequired = false } = options;
  if (deadLetterTopic === undefined) {
    const message = `no dead letters are written (--dead-letter-topic). ${withoutDeadLetters}`;
    onLog({ level: 'info', fields: {}, message });
    return undefined;
  }
  return new DeadLetterTopic(
    driver,
    { deadLetterTopic, isRequired },
    {
      onDeadLettered: workId => dispatch({ kind: 'dead-lettered', workId }),
      onStandIn: topic => dispatch({ kind: 'letters-stand-in', topic }),
      onEnded: () => dispatch({ kind: 'dead-lettering-ended' }),
      onFatal,
      onLog,
    },
  );
}

function createReadBack(
  driver: KafkaDriver,
  topic: string,
  { dispatch, onLog, hasRoom }: OutletHooks,
): ReadBack {
  return new ReadBack(driver, topic, {
    onRecords: (workId, partition, records) => dispatch({ kind: 'read-back', workId, partition, records }),
    onEnded: (workId, missing) => dispatch({ kind: 'read-back-ended', workId, missing }),
    onLog,
    hasRoom,
  });
}

/** Said once when it begins and once when it is over. */
function troubleOf(
  what: string,
  onLog: OutletHooks['onLog'],
): { onTrouble(error: Error): void; onRecovered(): void } {
  const trouble = new TroubleLog(what, onLog);
  return {
    onTrouble: error => trouble.begin(error, performance.now()),
    onRecovered: () => trouble.end(performance.now()),
  };
}
