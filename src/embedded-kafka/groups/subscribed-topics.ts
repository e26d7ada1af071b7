import { MalformedRequestError } from '../protocol/malformed-request-error.js';
import { RequestReader } from '../protocol/reader.js';

/**
 * Reads the topics in the subscription that a consumer sends when it joins (type `consumer`, any version).
 * @returns `undefined` for bytes of any other format
 */
export function subscribedTopics(metadata: Buffer): readonly string[] | undefined {
  const reader = new RequestReader(metadata);
  try {
    reader.int16(); // version
    return reader.array(() => reader.string());
  } catch (error) {
    if (error instanceof MalformedRequestError) return undefined;
    throw error;
  }
}
