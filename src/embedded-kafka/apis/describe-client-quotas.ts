import { checkFilters, type QuotaFilter } from '../accounts/client-quotas.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** How a part of an entity is looked for, by its number in the request. */
const matchTypes = ['exact', 'default', 'any'] as const;

/** Shows the quotas of clients. */
export const describeClientQuotas: Api = {
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleFrom: 1,
  handle({ body, response, broker }) {
    const wanted = body.structs(() => ({
      type: body.string(),
      match: matchTypes[body.int8()],
      name: body.nullableString(),
    }));
    const isStrict = body.boolean();
    const filters = wanted.map(({ type, match, name }): QuotaFilter => {
      if (match === 'any') return { type, name: undefined };
      return { type, name: match === 'exact' ? name : null };
    });
    const strange = wanted.find(({ match }) => match === undefined);
    const [code, message] =
      checkFilters(filters) ??
      (strange === undefined
        ? (['NONE', null] as const)
        : (['INVALID_REQUEST', `Unexpected match type for entity ${strange.type}.`] as const));
    response.int32(0).errorCode(errorCodes[code]).string(message);
    const quotas = code === 'NONE' ? broker.quotas.find(filters, isStrict) : null;
    response.structs(quotas, ({ entity, values }) => {
      response.structs(entity, ({ type, name }) => response.string(type).string(name));
      response.structs([...values], ([key, value]) => response.string(key).float64(value));
    });
    return 'respond';
  },
};
