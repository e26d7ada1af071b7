import { type ErrorCode } from '../protocol/error-codes.js';
import { noBytes, type JoinResult, type SyncResult } from './member.js';

const noGeneration = -1;

/** The answer to a join that was refused. */
export function failedJoin(code: ErrorCode, memberId: string): JoinResult {
  return {
    code,
    generationId: noGeneration,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    memberId,
    members: [],
    skipAssignment: false,
  };
}

/** The answer to a sync that was refused. */
export function failedSync(code: ErrorCode): SyncResult {
  return { code, protocolType: null, protocolName: null, assignment: noBytes };
}
