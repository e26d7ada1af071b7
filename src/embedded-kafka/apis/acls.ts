import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type Api } from './api.js';

/*
 * Access rights are not kept. Clients are told so as by a Kafka without an authorizer, which is how most test brokers run.
 */

const nobodyDecides = 'No Authorizer is configured.';

/** Refuses to show access rights. */
export const describeAcls: Api = {
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  handle({ body, response }) {
    readFilter(body);
    response.int32(0).errorCode(errorCodes.SECURITY_DISABLED);
    response.string('No Authorizer is configured on the broker').structs([], () => undefined);
    return 'respond';
  },
};

/** Refuses to give access rights. */
export const createAcls: Api = {
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  handle({ body, response }) {
    const wanted = body.structs(() => {
      body.int8();
      body.string();
      body.int8();
      body.string();
      body.string();
      return [body.int8(), body.int8()];
    });
    response.int32(0).structs(wanted, () => {
      response.errorCode(errorCodes.SECURITY_DISABLED).string(nobodyDecides);
    });
    return 'respond';
  },
};

/** Refuses to take access rights away. */
export const deleteAcls: Api = {
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  handle({ body, response }) {
    const filters = body.structs(() => readFilter(body));
    response.int32(0).structs(filters, () => {
      response.errorCode(errorCodes.SECURITY_DISABLED).string(nobodyDecides);
      response.structs([], () => undefined);
    });
    return 'respond';
  },
};

/** Steps over one filter: resource type, name, pattern type, principal, host, operation, permission. */
function readFilter(body: RequestReader): void {
  body.int8();
  body.nullableString();
  body.int8();
  body.nullableString();
  body.nullableString();
  body.int8();
  body.int8();
}
