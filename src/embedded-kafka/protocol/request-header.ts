import { type RequestReader } from './reader.js';

/** What every request starts with. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
}

/**
 * Reads the fields that all header versions share. Everything after them depends on the API and its version.
 * @throws {MalformedRequestError}
 */
export function readRequestHeader(reader: RequestReader): RequestHeader {
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() };
}

/**
 * Reads the rest of header version 1, or 2 when `flexible`, and switches the reader to the body's encoding.
 * @returns the client id
 * @throws {MalformedRequestError}
 */
export function readClientId(reader: RequestReader, flexible: boolean): string | null {
  const clientId = reader.classicNullableString();
  reader.flexible = flexible;
  reader.skipTags();
  return clientId;
}
