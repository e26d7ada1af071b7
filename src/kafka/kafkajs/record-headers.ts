import type { IHeaders } from 'kafkajs';
import type { HeaderValue, RecordHeaders } from '../driver.js';
import { isHeaderList } from '../header-bytes.js';
import { nullHeader } from './patches/null-headers.js';

const noHeaders: RecordHeaders = {};

/**
 * What kafkajs read. For a header named as a property that every object has, such as `constructor`, it takes that property
 * for an earlier value of the same name.
 */
export function readHeaders(headers: IHeaders | undefined): RecordHeaders {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return noHeaders;
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!Array.isArray(value)) return [name, value ?? null];
      const real = value.filter(each => (each as unknown) === null || Buffer.isBuffer(each));
      return [name, real.length === 1 ? real[0]! : real];
    }),
  );
}

/** As kafkajs takes them. Undefined: none. */
export function writeHeaders(headers: RecordHeaders): IHeaders | undefined {
  const entries = Object.entries(headers);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isHeaderList(value) ? value.map(toKafkajs) : toKafkajs(value)]),
  );
}

function toKafkajs(value: HeaderValue): string | Buffer {
  if (value === null) return nullHeader;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
