import { type ApiName } from '../protocol/api-name.js';
import { type Fault } from './fault.js';
import { type Faults } from './faults.js';

/** Whose coordinator: a group's, or a transactional id's. */
export type CoordinatorKey = { readonly group: string } | { readonly transactionalId: string };

/** A coordinator that is away. */
export interface CoordinatorMove {
  /** The requests that are told NOT_COORDINATOR: `await move.refusals.fired()`. */
  readonly refusals: Fault;
  /** Brings it back. */
  return(): void;
}

const groupRequests: readonly ApiName[] = [
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'LeaveGroup',
  'OffsetCommit',
  'OffsetFetch',
  'TxnOffsetCommit',
  'DescribeGroups',
  'DeleteGroups',
  'OffsetDelete',
  'ConsumerGroupHeartbeat',
  'ConsumerGroupDescribe',
];
const transactionRequests: readonly ApiName[] = [
  'InitProducerId',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'EndTxn',
  'DescribeTransactions',
];

/** Arms the faults that make a coordinator's absence. */
export function moveCoordinator(faults: Faults, key: CoordinatorKey): CoordinatorMove {
  const always = { when: key, times: Infinity };
  const requests = 'group' in key ? groupRequests : transactionRequests;
  const refusals = faults.on(requests, { error: 'NOT_COORDINATOR', ...always });
  const search = faults.on('FindCoordinator', { error: 'COORDINATOR_NOT_AVAILABLE', ...always });
  return {
    refusals,
    return() {
      refusals.disarm();
      search.disarm();
    },
  };
}
