import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Sets and removes quotas of clients. */
export const alterClientQuotas: Api = {
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  handle({ body, response, broker }) {
    const entries = body.structs(() => ({
      entity: body.structs(() => ({ type: body.string(), name: body.nullableString() })),
      changes: body.structs(() => ({
        key: body.string(),
        value: body.float64(),
        isRemoved: body.boolean(),
      })),
    }));
    const isDryRun = body.boolean();
    response.int32(0);
    response.structs(entries, ({ entity, changes }) => {
      const mistake = broker.quotas.change(entity, changes, isDryRun);
      response.errorCode(mistake === undefined ? errorCodes.NONE : errorCodes.INVALID_REQUEST);
      response.string(mistake ?? null);
      response.structs(entity, ({ type, name }) => response.string(type).string(name));
    });
    return 'respond';
  },
};
