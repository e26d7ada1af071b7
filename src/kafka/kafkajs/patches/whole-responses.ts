import { framerOf } from '../client-sockets.js';
import { internals, type Connection } from '../kafkajs-internals.js';

const lengthBytes = 4;
/** The length, and the correlation id that names the request. */
const headerBytes = lengthBytes + 4;
const fetchApiKey = 1;

/**
 * Lets kafkajs take a response that arrives whole as it is, and gives the memory of Fetch responses back.
 *
 * Unpatched, it joins each response with the nothing that the last one left over: every fetched byte is copied once more,
 * into memory outside of V8's heap that makes V8 collect more often.
 *
 * A connection's fetcher asks for more when all records of the last response went through `eachBatch`, so with the next
 * Fetch response the last one is not needed any more. Should a batch of it come late all the same, it is found empty
 * (`wasGivenBack`) and read again.
 */
export function takeWholeResponses(): void {
  const prototype = internals.connection;
  if (prototype === undefined) return;
  const processPieces: Connection['processData'] = Reflect.get(prototype, 'processData');
  const lastFetched = new WeakMap<Connection, Buffer>();
  prototype.processData = function (this: Connection, bytes: Buffer) {
    const isWhole = bytes.length >= headerBytes && bytes.readInt32BE(0) === bytes.length - lengthBytes;
    if (!isWhole || this.bytesBuffered > 0 || this.authHandlers !== null)
      return processPieces.call(this, bytes);
    const correlationId = bytes.readInt32BE(lengthBytes);
    if (this.requestQueue.inflight.get(correlationId)?.entry.apiKey === fetchApiKey) {
      const last = lastFetched.get(this);
      if (last !== undefined) framerOf(this.socket)?.giveBack(last);
      lastFetched.set(this, bytes);
    }
    this.requestQueue.fulfillRequest({
      size: bytes.length - lengthBytes,
      correlationId,
      payload: bytes.subarray(headerBytes),
    });
  };
}

/** A record as kafkajs decodes it. */
interface FetchedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Whether the bytes of a fetched record are gone. One that has none, not even in a header, loses nothing. */
export function wasGivenBack({ key, value, headers = {} }: FetchedRecord): boolean {
  // All are in the same memory.
  const bytes =
    value ??
    key ??
    Object.values(headers)
      .flat()
      .find(one => Buffer.isBuffer(one));
  return bytes?.buffer.byteLength === 0;
}
