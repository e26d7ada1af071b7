/** What a commit says beside its offset, read by the description of its form, not by the product's code. */
export interface ReadMetadata {
  readonly readUpTo: number;
  /** Undefined: more were open than it could say, so nothing may be skipped. */
  readonly open: ReadonlySet<string> | undefined;
}

/** Form: `k1.` + base64url(kind, varint(readUpTo - offset), body, CRC-32), kinds N, F (varint count, ids of 8 bytes), X, or n, f, x. */
export function readMetadata(offset: number, metadata: string | null): ReadMetadata {
  const nothing: ReadMetadata = { readUpTo: offset, open: undefined };
  if (metadata?.startsWith('k1.') !== true) return nothing;
  const bytes = [...Buffer.from(metadata.slice(3), 'base64url')];
  const kind = String.fromCharCode(bytes.shift() ?? 0).toUpperCase();
  const span = takeVarint(bytes);
  if (kind === 'N') return { readUpTo: offset + span, open: new Set() };
  if (kind !== 'F') return nothing;
  const count = takeVarint(bytes);
  const ids = Array.from({ length: count }, () => Buffer.from(bytes.splice(0, 8)).toString('hex'));
  return { readUpTo: offset + span, open: new Set(ids) };
}

function takeVarint(bytes: number[]): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes.shift() ?? 0;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
}
