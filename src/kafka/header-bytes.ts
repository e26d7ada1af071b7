import type { HeaderValue, RecordHeaders } from './driver.js';

/** Length of the names and values of a record's headers, about: texts count by characters. */
export function headerBytes(headers: RecordHeaders): number {
  let byteCount = 0;
  for (const [name, value] of Object.entries(headers)) {
    const values = isHeaderList(value) ? value : [value];
    for (const each of values) byteCount += name.length + (each?.length ?? 0);
  }
  return byteCount;
}

/** `Array.isArray` does not tell a list that cannot be changed from the rest. */
export function isHeaderList(value: RecordHeaders[string]): value is readonly HeaderValue[] {
  return Array.isArray(value);
}
