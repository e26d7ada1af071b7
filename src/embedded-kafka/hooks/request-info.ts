import { type ApiName } from '../protocol/api-name.js';

/** A request as a test sees it that decides whether it wants to disturb it. */
export interface RequestInfo {
  readonly api: ApiName;
  readonly version: number;
  readonly clientId: string | null;
  readonly clientHost: string;
  /** Names of the topics in it, also where the request has only their ids. */
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly transactionalIds: readonly string[];
}

/** Which requests are meant: those that fit everything given here, or those for which a function says so. */
export type RequestFilter =
  | {
      readonly topic?: string;
      readonly group?: string;
      readonly transactionalId?: string;
      readonly clientId?: string;
    }
  | ((request: RequestInfo) => boolean);

export function fits(filter: RequestFilter, request: RequestInfo): boolean {
  if (typeof filter === 'function') return filter(request);
  const { topic, group, transactionalId, clientId } = filter;
  return (
    (topic === undefined || request.topics.includes(topic)) &&
    (group === undefined || request.groups.includes(group)) &&
    (transactionalId === undefined || request.transactionalIds.includes(transactionalId)) &&
    (clientId === undefined || request.clientId === clientId)
  );
}
