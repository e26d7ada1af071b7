import { asError, BrokerError } from '../errors.js';
import type { ConsumerPort } from '../kafka/driver.js';
import type { OutletHooks } from './engine-outlets.js';
import type { CommitMeasure } from './engine.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import type { TransactionSender } from './transaction-sender.js';

type Commit = EngineCommand & { kind: 'commit' };
type CommitEnded = EngineEvent & { kind: 'commit-ended' };

export interface CommitterHooks extends Pick<OutletHooks, 'dispatch' | 'onFatal' | 'onLog'> {
  /** Before what came of it is told. */
  readonly onMeasured: (commit: CommitMeasure) => void;
}

/** Carries out commits: of offsets alone, or with results in a transaction. */
export class Committer {
  readonly #consumer: Pick<ConsumerPort, 'commit'>;
  readonly #transactions: TransactionSender | undefined;
  readonly #hooks: CommitterHooks;

  /** @param transactions undefined: offsets are committed alone */
  constructor(
    consumer: Pick<ConsumerPort, 'commit'>,
    transactions: TransactionSender | undefined,
    hooks: CommitterHooks,
  ) {
    this.#consumer = consumer;
    this.#transactions = transactions;
    this.#hooks = hooks;
  }

  /** Tells what came of it by an event; by none when the worker cannot go on. Never rejects. */
  async commit(command: Commit): Promise<void> {
    const startMs = performance.now();
    const ended = (kind: CommitMeasure['kind'], event: CommitEnded): void => {
      this.#hooks.onMeasured({ kind, result: event.result, durationMs: performance.now() - startMs });
      this.#hooks.dispatch(event);
    };
    if (this.#transactions !== undefined) {
      const event = await this.#transactions.commit(command);
      if (event !== undefined) ended('transaction', event);
      return;
    }
    const { commitId, epoch, offsets } = command;
    let result: 'committed' | 'stale' | 'failed' = 'failed';
    try {
      result = await this.#consumer.commit(epoch, offsets);
    } catch (error) {
      if (error instanceof BrokerError && error.isForbidden) {
        this.#hooks.onFatal(error);
        return;
      }
      const message = `${asError(error).message}; the commit is tried again`;
      this.#hooks.onLog({ level: 'warn', fields: {}, message });
    }
    ended('offsets', { kind: 'commit-ended', commitId, result });
  }
}
