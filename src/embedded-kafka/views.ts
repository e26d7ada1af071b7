import { type GroupState } from './groups/generations.js';
import { type Group } from './groups/group.js';
import { type BatchHeader } from './protocol/record-batch.js';
import {
  type Transaction,
  type TransactionPartition,
  type TransactionState,
} from './transactions/transaction.js';

/** A record batch as it lies in the log. */
export interface LogBatch extends BatchHeader {
  /** Header and records, exactly as a consumer gets them. */
  readonly bytes: Buffer;
}

/** What a group committed for one partition. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Empty when the client gave none. */
  readonly metadata: string;
}

/** A group as the coordinator sees it. */
export interface GroupView {
  readonly state: GroupState;
  readonly generationId: number;
  readonly protocol: string | null;
  readonly leaderId: string | null;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly sessionTimeoutMs: number;
    /** In the protocol's own encoding; empty while a rebalance is under way. */
    readonly assignment: Buffer;
  }[];
}

export function viewGroup(group: Group): GroupView {
  const { state, generationId, protocol, leader } = group;
  const members = group.memberList.map(({ id, request, assignment }) => ({
    memberId: id,
    clientId: request.clientId,
    sessionTimeoutMs: request.sessionTimeoutMs,
    assignment,
  }));
  return { state, generationId, protocol, leaderId: leader, members };
}

export function viewOffsets({ offsets }: Group): GroupOffset[] {
  return offsets.topics().flatMap(({ topic, partitions }) =>
    partitions.map(partition => {
      const { offset, metadata } = offsets.get(topic, partition)!;
      return { topic, partition, offset, metadata };
    }),
  );
}

export function viewPendingOffsets({ pendingOffsets }: Group): GroupOffset[] {
  return pendingOffsets.all().map(({ topic, partition, committed: { offset, metadata } }) => {
    return { topic, partition, offset, metadata };
  });
}

/** A transactional id as the coordinator sees it. */
export interface TransactionView {
  readonly state: TransactionState;
  readonly producerId: bigint;
  /** The newest; producers with an older one are fenced. */
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** What the open transaction writes to; empty when there is none. */
  readonly partitions: readonly TransactionPartition[];
  /** Groups whose offsets the open transaction commits. */
  readonly groups: readonly string[];
}

export function viewTransaction(transaction: Transaction): TransactionView {
  const { state, producerId, producerEpoch, timeoutMs, partitions, groups } = transaction;
  return {
    state,
    producerId,
    producerEpoch,
    timeoutMs,
    partitions: [...partitions.values()],
    groups: [...groups],
  };
}
