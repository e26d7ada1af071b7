import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCommitMetadata,
  encodeCommitMetadata,
  maxMetadataLength,
  otherMetadata,
} from '../../src/offsets/commit-metadata.js';

const versionId = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map(bytes => Buffer.from(bytes).toString('hex'));
const position = fc.record({
  topic: fc.string({ maxLength: 30 }),
  partition: fc.nat(100_000),
  offset: fc.bigInt({ min: 0n, max: 2n ** 62n }),
});
const state = fc.record({
  ahead: fc.bigInt({ min: 0n, max: 2n ** 40n }),
  openVersions: fc.uniqueArray(versionId, { maxLength: 380 }),
});

describe('commit metadata', () => {
  it('reads back what was written, in at most 4,096 characters for up to 380 open versions', () => {
    fc.assert(
      fc.property(position, state, (where, { ahead, openVersions }) => {
        const readUpTo = where.offset + ahead;
        const { metadata, overflowed } = encodeCommitMetadata(where, { readUpTo, openVersions });
        expect(overflowed).toBe(false);
        expect(metadata.length).toBeLessThanOrEqual(maxMetadataLength);
        const decoded = decodeCommitMetadata(where, metadata);
        expect(decoded).toEqual({ readUpTo, openVersions: [...openVersions].sort() });
      }),
      { numRuns: 300 },
    );
  });

  it('has another text that says the same, of which it is the other one', () => {
    fc.assert(
      fc.property(position, state, (where, { ahead, openVersions }) => {
        const { metadata } = encodeCommitMetadata(where, { readUpTo: where.offset + ahead, openVersions });
        const other = otherMetadata(where, metadata);
        expect(other).not.toBe(metadata);
        expect(other).toHaveLength(metadata.length);
        expect(decodeCommitMetadata(where, other)).toEqual(decodeCommitMetadata(where, metadata));
        expect(otherMetadata(where, other)).toBe(metadata);
      }),
      { numRuns: 300 },
    );
  });

  it('is not believed at another place, nor with any character changed', () => {
    fc.assert(
      fc.property(position, state, fc.nat(), (where, { ahead, openVersions }, at) => {
        const readUpTo = where.offset + ahead;
        const { metadata } = encodeCommitMetadata(where, { readUpTo, openVersions });
        for (const elsewhere of [
          { ...where, topic: `${where.topic}x` },
          { ...where, partition: where.partition + 1 },
          { ...where, offset: where.offset + 1n },
        ])
          expect(decodeCommitMetadata(elsewhere, metadata)).toBeUndefined();
        const index = at % metadata.length;
        const changed =
          metadata.slice(0, index) + (metadata[index] === 'A' ? 'B' : 'A') + metadata.slice(index + 1);
        const decoded = decodeCommitMetadata(where, changed);
        // The last character of base64 may hold bits that mean nothing.
        if (decoded !== undefined)
          expect(decoded).toEqual({ readUpTo, openVersions: [...openVersions].sort() });
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on text of others', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map(text => `k1.${text}`),
        ),
        text => {
          const where = { topic: 't', partition: 0, offset: 0n };
          expect(decodeCommitMetadata(where, text)).toBeUndefined();
        },
      ),
    );
    expect(decodeCommitMetadata({ topic: 't', partition: 0, offset: 0n }, null)).toBeUndefined();
  });

  it('says that nothing may be skipped when more versions are open than fit', () => {
    const openVersions = Array.from({ length: 400 }, (_, number) => number.toString(16).padStart(16, '0'));
    const where = { topic: 't', partition: 0, offset: 5n };
    const { metadata, overflowed } = encodeCommitMetadata(where, { readUpTo: 9n, openVersions });
    expect(overflowed).toBe(true);
    expect(decodeCommitMetadata(where, metadata)).toBeUndefined();
  });
});
