import { leaderEpoch } from '../log/partition-log.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';

const unknown = -1;

/** Says whether a client's idea of a partition's leader epoch is that of its leader. */
export function checkLeaderEpoch(current: number): ErrorCode {
  if (current === unknown || current === leaderEpoch) return errorCodes.NONE;
  return current > leaderEpoch ? errorCodes.UNKNOWN_LEADER_EPOCH : errorCodes.FENCED_LEADER_EPOCH;
}
