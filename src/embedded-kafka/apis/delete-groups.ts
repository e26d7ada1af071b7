import { type Api } from './api.js';

/** Deletes groups without members, with their offsets. */
export const deleteGroups: Api = {
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  handle({ body, response, broker }) {
    const groupIds = new Set(body.array(() => body.string('group')));
    response.int32(0);
    response.structs([...groupIds], groupId => {
      response.string(groupId).errorCode(broker.groups.delete(groupId));
    });
    return 'respond';
  },
};
