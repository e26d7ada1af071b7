import { internals, type Connection } from './kafkajs-internals.js';

const lengthBytes = 4;
/** The length, and the correlation id that names the request. */
const headerBytes = lengthBytes + 4;

let isPatched = false;

/**
 * Lets kafkajs take a response that arrives whole as it is.
 *
 * Unpatched, it joins each one with the nothing that the last one left over: every fetched byte is copied once more, into
 * memory outside of V8's heap that makes V8 collect more often.
 */
export function takeWholeResponses(): void {
  const prototype = internals.connection;
  if (isPatched || prototype === undefined) return;
  isPatched = true;
  const processPieces: Connection['processData'] = Reflect.get(prototype, 'processData');
  prototype.processData = function (this: Connection, bytes: Buffer) {
    const isWhole = bytes.length >= headerBytes && bytes.readInt32BE(0) === bytes.length - lengthBytes;
    if (!isWhole || this.bytesBuffered > 0 || this.authHandlers !== null)
      return processPieces.call(this, bytes);
    this.requestQueue.fulfillRequest({
      size: bytes.length - lengthBytes,
      correlationId: bytes.readInt32BE(lengthBytes),
      payload: bytes.subarray(headerBytes),
    });
  };
}
