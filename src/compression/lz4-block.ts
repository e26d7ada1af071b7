/** Below, a loop is as fast as a call that copies. */
const shortBytes = 32;
/** Copied at a time, where up to three bytes too many do no harm: what comes next is written over them. */
const wideBytes = 4;
/** A match is at least so long. */
const leastMatchBytes = 4;

/**
 * Decompresses one block into `target`, behind what the blocks before it became and may be referred to. Source: LZ4 Block Format
 * Description.
 *
 * Not by `lz4-napi`: its results lie in memory that V8 does not know of, so that hundreds of megabytes of them come together before it
 * collects any.
 *
 * @param from bytes of `target` that are filled
 * @returns how many are filled now
 * @throws {Error} it is no such block, or `target` is too small for it
 */
export function decompressLz4Block(block: Uint8Array, target: Uint8Array, from: number): number {
  const source = viewOf(block);
  const written = viewOf(target);
  const end = block.length;
  const capacity = target.length;
  // Behind these a copy of four bytes at a time could reach too far.
  const lastWideRead = end - shortBytes - wideBytes;
  const lastWideWrite = capacity - shortBytes - wideBytes;
  let at = 0;
  let filled = from;
  while (at < end) {
    const token = block[at++]!;
    let literalBytes = token >> 4;
    if (literalBytes === 15)
      for (let more = 255; more === 255; literalBytes += more) {
        if (at >= end) throw cutOff();
        more = block[at++]!;
      }
    if (literalBytes <= shortBytes && at <= lastWideRead && filled <= lastWideWrite) {
      for (let offset = 0; offset < literalBytes; offset += wideBytes)
        written.setInt32(filled + offset, source.getInt32(at + offset));
    } else {
      if (at + literalBytes > end) throw cutOff();
      if (filled + literalBytes > capacity) throw tooLarge();
      target.set(block.subarray(at, at + literalBytes), filled);
    }
    at += literalBytes;
    filled += literalBytes;
    // The last sequence has literals only.
    if (at === end) return filled;

    if (at + 2 > end) throw cutOff();
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    let matchBytes = token & 15;
    if (matchBytes === 15)
      for (let more = 255; more === 255; matchBytes += more) {
        if (at >= end) throw cutOff();
        more = block[at++]!;
      }
    matchBytes += leastMatchBytes;
    if (distance === 0 || distance > filled)
      throw new Error('an LZ4 block refers to bytes that are not there');
    if (distance >= wideBytes && matchBytes <= shortBytes && filled <= lastWideWrite) {
      const start = filled - distance;
      for (let offset = 0; offset < matchBytes; offset += wideBytes)
        written.setInt32(filled + offset, written.getInt32(start + offset));
      filled += matchBytes;
    } else {
      if (filled + matchBytes > capacity) throw tooLarge();
      filled = repeat(target, filled, distance, matchBytes);
    }
  }
  throw cutOff();
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A match that is longer than its distance repeats itself. */
function repeat(target: Uint8Array, from: number, distance: number, byteLength: number): number {
  const stop = from + byteLength;
  const start = from - distance;
  let filled = from;
  if (byteLength <= shortBytes) {
    for (let at = start; filled < stop;) target[filled++] = target[at++]!;
    return stop;
  }
  // Each copy doubles what can be copied.
  while (filled < stop) {
    const some = Math.min(filled - start, stop - filled);
    target.copyWithin(filled, start, start + some);
    filled += some;
  }
  return stop;
}

function cutOff(): Error {
  return new Error('an LZ4 block is cut off');
}

function tooLarge(): Error {
  return new Error('an LZ4 block is larger than its frame allows');
}
