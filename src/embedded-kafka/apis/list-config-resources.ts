import { nodeId } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { resourceTypes } from './config-entries.js';

/** Tells what has settings: topics and the broker. Version 0 asks only for settings of metrics, which nothing here has. */
export const listConfigResources: Api = {
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleFrom: 0,
  handle({ version, body, response, broker }) {
    const wanted = version >= 1 ? body.array(() => body.int8()) : [];
    const topics = broker.topics.all().map(({ name }) => ({ name, type: resourceTypes.topic }));
    const all = [...topics, { name: String(nodeId), type: resourceTypes.broker }];
    const isWanted = ({ type }: { type: number }): boolean =>
      version >= 1 && (wanted.length === 0 || wanted.includes(type));
    response.int32(0).errorCode(errorCodes.NONE);
    response.structs(all.filter(isWanted), ({ name, type }) => {
      response.string(name);
      if (version >= 1) response.int8(type);
    });
    return 'respond';
  },
};
