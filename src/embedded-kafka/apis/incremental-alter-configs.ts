import { nodeId } from '../broker.js';
import { type ConfigChange, type ConfigOperation } from '../topics/topic-config.js';
import { type Api } from './api.js';
import { alterResource, refuseChanges, success, writeAlteration } from './config-changes.js';
import { resourceTypes } from './config-entries.js';

/** What to do with a setting, by its number in the request. */
const operations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract'];

/** The empty name is for the defaults of all brokers. */
const isThisBroker = (name: string): boolean => name === '' || name === String(nodeId);

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
      const isDeletion = ({ operation }: ConfigChange): boolean => operation === 'delete';
      const result =
        refuseChanges(changes.map(change => ({ ...change, isDelete: isDeletion(change) }))) ??
        (type === resourceTypes.broker && isThisBroker(name) && changes.every(isDeletion)
          ? success
          : alterResource(broker, { type, name }, config => config.change(changes), isDryRun));
      writeAlteration(response, { type, name }, result);
    });
    return 'respond';
  },
};
