export type Delivery = 'at-least-once' | 'exactly-once';

/** Where a worker kills itself, and what must happen for it to get there. */
export interface Failpoint {
  readonly name: string;
  readonly delivery: Delivery | 'both';
  /** At which time it gets there. */
  readonly hits: readonly number[];
  /** Beside files that are uploaded: members that come and go, or SIGTERM. */
  readonly needs?: 'rebalances' | 'stop';
}

const twice = [1, 3];

/** `before` a request: it is not sent. `after`: the broker has carried it out, and the worker dies with the answer unread. */
export const failpoints: readonly Failpoint[] = [
  { name: 'chunks taken', delivery: 'both', hits: twice },
  { name: 'file complete', delivery: 'both', hits: twice },
  { name: 'method begins', delivery: 'both', hits: twice },
  { name: 'method ends', delivery: 'both', hits: twice },
  { name: 'result handed over', delivery: 'both', hits: twice },
  { name: 'after Fetch', delivery: 'both', hits: twice },
  { name: 'before Produce', delivery: 'both', hits: twice },
  { name: 'after Produce', delivery: 'both', hits: twice },
  { name: 'before OffsetCommit', delivery: 'at-least-once', hits: twice },
  { name: 'after OffsetCommit', delivery: 'at-least-once', hits: twice },
  { name: 'before AddOffsetsToTxn', delivery: 'exactly-once', hits: twice },
  { name: 'after AddOffsetsToTxn', delivery: 'exactly-once', hits: twice },
  { name: 'before TxnOffsetCommit', delivery: 'exactly-once', hits: twice },
  { name: 'after TxnOffsetCommit', delivery: 'exactly-once', hits: twice },
  { name: 'before AddPartitionsToTxn', delivery: 'exactly-once', hits: twice },
  { name: 'after AddPartitionsToTxn', delivery: 'exactly-once', hits: twice },
  { name: 'before EndTxn', delivery: 'exactly-once', hits: [2, 4] },
  { name: 'after EndTxn', delivery: 'exactly-once', hits: [2, 4] },
  { name: 'before InitProducerId', delivery: 'both', hits: [1] },
  { name: 'after InitProducerId', delivery: 'both', hits: [1] },
  { name: 'assigned', delivery: 'both', hits: twice, needs: 'rebalances' },
  { name: 'before JoinGroup', delivery: 'both', hits: twice, needs: 'rebalances' },
  { name: 'after JoinGroup', delivery: 'both', hits: twice, needs: 'rebalances' },
  { name: 'after SyncGroup', delivery: 'both', hits: twice, needs: 'rebalances' },
  { name: 'after OffsetFetch', delivery: 'both', hits: twice, needs: 'rebalances' },
  { name: 'after Heartbeat', delivery: 'both', hits: twice },
  { name: 'stopping', delivery: 'both', hits: [1], needs: 'stop' },
  { name: 'before LeaveGroup', delivery: 'both', hits: [1], needs: 'stop' },
  { name: 'after LeaveGroup', delivery: 'both', hits: [1], needs: 'stop' },
];
