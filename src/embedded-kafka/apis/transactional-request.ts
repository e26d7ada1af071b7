import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type TransactionalProducer } from '../transactions/transaction-coordinator.js';

/** Reads who sends a request of a transaction. @throws {MalformedRequestError} */
export function readTransactionalProducer(body: RequestReader): TransactionalProducer {
  const transactionalId = body.string('transactional-id');
  return { transactionalId, producerId: body.int64(), producerEpoch: body.int16() };
}

/** Clients of versions before `firstVersion` know a fenced producer only by its epoch. */
export function fencedSince(firstVersion: number, version: number, code: ErrorCode): ErrorCode {
  const isOld = version < firstVersion && code === errorCodes.PRODUCER_FENCED;
  return isOld ? errorCodes.INVALID_PRODUCER_EPOCH : code;
}
