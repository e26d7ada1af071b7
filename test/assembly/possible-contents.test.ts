import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeldChunk } from '../../src/assembly/held-chunk.js';
import { mostContents, mostRivals, PossibleContents } from '../../src/assembly/possible-contents.js';

const chunkOf = (index: number, startByte: number, byteLength: number, kind = 0): HeldChunk => ({
  ...{ index, startByte, byteLength, chunkHash: Buffer.from([kind]) },
  ...{ partition: 0, offset: 0n },
});

const textOf = (content: readonly HeldChunk[]): string =>
  content
    .map(({ startByte, byteLength, chunkHash }) => `${startByte}+${byteLength}/${chunkHash[0]}`)
    .join(' ');

function allOf(contents: PossibleContents): string[] {
  const found: string[] = [];
  for (let next = contents.next(); next !== undefined; next = contents.next()) found.push(textOf(next));
  return found;
}

/** Every choice of one chunk of each number, each beginning where the one before it ends. */
function combinations(chunks: readonly HeldChunk[], count: number): string[] {
  let found: HeldChunk[][] = [[]];
  for (let index = 1; index <= count; index += 1) {
    const its = chunks.filter(chunk => chunk.index === index);
    found = found.flatMap(content => {
      const last = content.at(-1);
      const end = last === undefined ? 0 : last.startByte + last.byteLength;
      return its.filter(({ startByte }) => startByte === end).map(chunk => [...content, chunk]);
    });
  }
  return found.map(textOf);
}

describe('the contents that chunks allow', () => {
  const chunk = fc.record({
    index: fc.integer({ min: 1, max: 4 }),
    startByte: fc.nat(6),
    byteLength: fc.integer({ min: 1, max: 2 }),
    kind: fc.nat(1),
  });

  it('are named once each, whenever it is asked for them', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), fc.infiniteStream(fc.boolean()), (told, asks) => {
        const contents = new PossibleContents(4);
        const named: string[] = [];
        for (const { index, startByte, byteLength, kind } of told) {
          const held = chunkOf(index, startByte, byteLength, kind);
          if (contents.find(held) !== undefined) continue;
          contents.add(held);
          const next = asks.next().value === true ? contents.next() : undefined;
          if (next !== undefined) named.push(textOf(next));
        }
        named.push(...allOf(contents));
        expect(named.sort()).toEqual(combinations(contents.chunks, 4).sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it('have no chunk that was removed', () => {
    const contents = new PossibleContents(2);
    const damaged = chunkOf(2, 4, 4, 1);
    for (const held of [chunkOf(1, 0, 4), chunkOf(1, 0, 4, 1), damaged]) contents.add(held);
    expect(textOf(contents.next()!)).toBe('0+4/0 4+4/1');
    contents.remove(damaged);
    expect(contents.next()).toBeUndefined();
    contents.add(chunkOf(2, 4, 4, 2));
    expect(allOf(contents)).toEqual(['0+4/0 4+4/2', '0+4/1 4+4/2']);
  });

  it('are not more than a bound, each of which costs the hash of the file', () => {
    const contents = new PossibleContents(12);
    for (let index = 1; index <= 12; index += 1)
      for (const kind of [0, 1]) contents.add(chunkOf(index, (index - 1) * 4, 4, kind));
    expect(allOf(contents)).toHaveLength(mostContents);
  });

  it('need chunks where uploaders put them, for which others make room', () => {
    const contents = new PossibleContents(3);
    const added: boolean[] = [];
    for (let at = 0; at < mostRivals + 4; at += 1) added.push(contents.add(chunkOf(2, 5 + at, 4)));
    expect(added.filter(isAdded => isAdded)).toHaveLength(mostRivals + 3);
    for (const right of [chunkOf(1, 0, 4), chunkOf(2, 4, 4), chunkOf(3, 8, 1)])
      expect(contents.add(right)).toBe(true);
    expect(allOf(contents)).toEqual(['0+4/0 4+4/0 8+1/0']);
  });
});
