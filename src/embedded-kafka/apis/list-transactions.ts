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
  /** A regular expression for the whole transactional id; null or empty for all. */
  readonly pattern: string | null;
}

/** Names of states that Kafka knows and this broker never uses. */
const otherStates = ['Dead', 'PrepareEpochFence'];
const knownStates: readonly string[] = [...transactionStates, ...otherStates];

/** Lists transactional ids with the state of their transactions. */
export const listTransactions: Api = {
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  handle({ version, body, response, broker }) {
    const filter = readFilter(body, version);
    const pattern = compile(filter.pattern);
    const isInvalid = pattern === 'invalid';
    const now = broker.settings.clock.now();
    const found = isInvalid
      ? []
      : broker.transactions.all().filter(each => matches(each, filter, pattern, now));
    response.int32(0);
    response.errorCode(isInvalid ? errorCodes.INVALID_REGULAR_EXPRESSION : errorCodes.NONE);
    response.array(
      filter.states.filter(state => !knownStates.includes(state)),
      state => response.string(state),
    );
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
    pattern: version >= 2 ? body.nullableString() : null,
  };
}

function compile(pattern: string | null): RegExp | undefined | 'invalid' {
  if (pattern === null || pattern === '') return undefined;
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return 'invalid';
  }
}

function matches(
  { transactionalId, producerId, state, startedMs }: Transaction,
  { states, producerIds, longerThanMs }: Filter,
  pattern: RegExp | undefined,
  now: number,
): boolean {
  return (
    (states.length === 0 || states.includes(state)) &&
    (producerIds.length === 0 || producerIds.includes(producerId)) &&
    (longerThanMs < 0n || BigInt(now - startedMs) > longerThanMs) &&
    (pattern === undefined || pattern.test(transactionalId))
  );
}
