import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Shows which SCRAM credentials users have; all users when none is named. */
export const describeScramCredentials: Api = {
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const { scram } = broker;
    const wanted = body.nullableStructs(() => body.string()) ?? [];
    const users = wanted.length === 0 ? scram.users() : [...new Set(wanted)];
    const check = (user: string): [ErrorCode, string | null] => {
      if (wanted.indexOf(user) !== wanted.lastIndexOf(user)) {
        const message = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
        return [errorCodes.DUPLICATE_RESOURCE, message];
      }
      if (scram.of(user).length > 0) return [errorCodes.NONE, null];
      const message = `Attempt to describe a user credential that does not exist: ${user}`;
      return [errorCodes.RESOURCE_NOT_FOUND, message];
    };
    response.int32(0).errorCode(errorCodes.NONE).string(null);
    response.structs(users, user => {
      const [code, message] = check(user);
      response.string(user).errorCode(code).string(message);
      response.structs(code === errorCodes.NONE ? scram.of(user) : [], ({ mechanism, iterations }) => {
        response.int8(mechanism).int32(iterations);
      });
    });
    return 'respond';
  },
};
