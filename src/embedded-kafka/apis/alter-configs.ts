import { TopicConfig } from '../topics/topic-config.js';
import { type Api } from './api.js';
import { alterResource, refuseChanges, writeAlteration } from './config-changes.js';

/** Replaces the settings of topics: what is not given has its default again. */
export const alterConfigs: Api = {
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  handle({ body, response, broker }) {
    const resources = body.structs(() => ({
      type: body.int8(),
      name: body.string(),
      settings: body.structs((): [string, string | null] => [body.string(), body.nullableString()]),
    }));
    const isDryRun = body.boolean();
    response.int32(0);
    response.structs(resources, ({ type, name, settings }) => {
      const result =
        refuseChanges(settings.map(([key, value]) => ({ name: key, value }))) ??
        alterResource(broker, { type, name }, () => TopicConfig.parse(settings), isDryRun);
      writeAlteration(response, { type, name }, result);
    });
    return 'respond';
  },
};
