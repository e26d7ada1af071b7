import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { transactionStates, type Transaction } from '../transactions/transaction.js';
import { type Api } from './api.js';

interface Filter {
  /** Empty for all, as the producer ids. */
  readonly states: readonly string[];
  readonly producerIds: readonly bigint[];
  /** Open for longer than this; negative for all. */
  readonly longerThanMs: bigint;
}

/** Names of states that Kafka knows and this broker never uses. */
const otherStates = ['Dead', 'PrepareEpochFence'];
const knownStates: readonly string[] = [...transactionStates, ...otherStates];

/**
 * Lists transactional ids with the state of their transactions.
 *
 * Not version 2, which filters by a regular expression: run by JavaScript, one that backtracks would hold up the process.
 */
export const listTransactions: Api = {
  key: 66,
  name: 'ListTransactions',
  versions: [0, 1],
  flexibleFrom: 0,
  handle({ version, body, response, broker }) {
    const filter = readFilter(body, version);
    const now = broker.settings.clock.now();
    const found = broker.transactions.all().filter(each => matches(each, filter, now));
    response.int32(0);
    response.errorCode(errorCodes.NONE);
    const unknownStates = new Set(filter.states.filter(state => !knownStates.includes(state)));
    response.array([...unknownStates], state => response.string(state));
    response.structs(found, ({ transactionalId, producerId, state }) => {
      response.string(transactionalId).int64(producerId).string(state);
    });
    return 'respond';
  },
};

function readFilter(body: RequestReader, version: number): Filter {
  return {
    states: body.array(() => body.string()),
    producerIds: body.array(() => body.int64()),
    longerThanMs: version >= 1 ? body.int64() : -1n,
  };
}

function matches(
  { producerId, state, startedMs }: Transaction,
  { states, producerIds, longerThanMs }: Filter,
  now: number,
): boolean {
  return (
    (states.length === 0 || states.includes(state)) &&
    (producerIds.length === 0 || producerIds.includes(producerId)) &&
    (longerThanMs < 0n || BigInt(now - startedMs) > longerThanMs)
  );
}
