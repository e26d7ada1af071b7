import { type ConfigChange, type ConfigOperation } from '../topics/topic-config.js';
import { type Api } from './api.js';
import { alterResource, success, writeAlteration } from './config-changes.js';
import { resourceTypes } from './config-entries.js';

/** What to do with a setting, by its number in the request. */
const operations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract'];

/** Changes single settings of topics; the others stay. Of the broker's, only what is not set anyway can be taken back. */
export const incrementalAlterConfigs: Api = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  handle({ body, response, broker }) {
    const resources = body.structs(() => ({
      type: body.int8(),
      name: body.string(),
      changes: body.structs((): ConfigChange => ({
        name: body.string(),
        operation: operations[body.int8()] ?? 'unknown',
        value: body.nullableString(),
      })),
    }));
    const isDryRun = body.boolean();
    response.int32(0);
    response.structs(resources, ({ type, name, changes }) => {
      const result =
        type === resourceTypes.broker && changes.every(({ operation }) => operation === 'delete')
          ? success
          : alterResource(broker, { type, name }, config => config.change(changes), isDryRun);
      writeAlteration(response, { type, name }, result);
    });
    return 'respond';
  },
};
