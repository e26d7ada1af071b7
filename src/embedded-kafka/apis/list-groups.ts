import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Lists groups, those in given states from version 4, those of given types from version 5. */
export const listGroups: Api = {
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    const states = version >= 4 ? body.array(() => body.string().toLowerCase()) : [];
    const types = version >= 5 ? body.array(() => body.string().toLowerCase()) : [];
    const groups = broker.groups
      .all()
      .filter(({ state }) => states.length === 0 || states.includes(state.toLowerCase()))
      .filter(() => types.length === 0 || types.includes('classic'));
    if (version >= 1) response.int32(0);
    response.errorCode(errorCodes.NONE);
    response.structs(groups, group => {
      response.string(group.id).string(group.protocolType);
      if (version >= 4) response.string(group.state);
      if (version >= 5) response.string('classic');
    });
    return 'respond';
  },
};
