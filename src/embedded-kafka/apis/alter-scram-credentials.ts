import { type ScramCredential, type ScramCredentials } from '../accounts/scram-credentials.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Fewest iterations that Kafka takes, by mechanism; its most are the same for both. */
const minIterations: ReadonlyMap<number, number> = new Map([
  [1, 4_096],
  [2, 4_096],
]);
const maxIterations = 16_384;

interface Change {
  readonly user: string;
  readonly mechanism: number;
  /** Undefined: to be deleted. */
  readonly iterations?: number;
}

/** Gives users SCRAM credentials and takes them away. Salts and passwords are not kept. */
export const alterScramCredentials: Api = {
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const deletions = body.structs((): Change => ({ user: body.string(), mechanism: body.int8() }));
    const upsertions = body.structs((): Change => {
      const change = { user: body.string(), mechanism: body.int8(), iterations: body.int32() };
      body.bytesField();
      body.bytesField();
      return change;
    });
    const changes = [...deletions, ...upsertions];
    const users = [...new Set(changes.map(({ user }) => user))];
    response.int32(0);
    response.structs(users, user => {
      const own = changes.filter(change => change.user === user);
      const [code, message] = check(broker.scram, own);
      if (code === errorCodes.NONE) for (const change of own) apply(broker.scram, change);
      response.string(user).errorCode(code).string(message);
    });
    return 'respond';
  },
};

/** A user may have one change in a request. */
function check(scram: ScramCredentials, changes: readonly Change[]): [ErrorCode, string | null] {
  const [{ user, mechanism, iterations }] = changes as [Change];
  if (changes.length > 1)
    return [errorCodes.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request'];
  if (user === '') return [errorCodes.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty'];
  const fewest = minIterations.get(mechanism);
  if (fewest === undefined) return [errorCodes.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism'];
  if (iterations === undefined) {
    return scram.has(user, mechanism)
      ? [errorCodes.NONE, null]
      : [errorCodes.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist'];
  }
  if (iterations < fewest) return [errorCodes.UNACCEPTABLE_CREDENTIAL, 'Too few iterations'];
  if (iterations > maxIterations) return [errorCodes.UNACCEPTABLE_CREDENTIAL, 'Too many iterations'];
  return [errorCodes.NONE, null];
}

function apply(scram: ScramCredentials, { user, mechanism, iterations }: Change): void {
  if (iterations === undefined) scram.delete(user, mechanism);
  else scram.set(user, { mechanism, iterations } satisfies ScramCredential);
}
