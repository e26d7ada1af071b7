import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { isTopicName } from '../topics/topic-store.js';

/** What is said of a topic that there is not: whether there could be one of this name. */
export function unknownTopicCode(name: string): ErrorCode {
  return isTopicName(name) ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.INVALID_TOPIC_EXCEPTION;
}
