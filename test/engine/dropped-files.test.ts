import { expect, it, vi } from 'vitest';
import type { HeldChunk } from '../../src/assembly/held-chunk.js';
import { DroppedFiles, type DroppedFilesParts } from '../../src/engine/dropped-files.js';
import type { OpenFile } from '../../src/engine/open-file.js';
import type { KnownChunk } from '../../src/wire/set-aside-record.js';

const chunk = (index: number, offset: bigint): HeldChunk => ({
  ...{ index, partition: 0, offset, startByte: 3 * (index - 1), byteLength: 3 },
  chunkHash: Buffer.alloc(64),
});

it('of a contested file other copies of the chunks that lack their bytes are read as well: the first one may be damaged', () => {
  const begin = vi.fn();
  const missing = [chunk(1, 4n)];
  const copies = new Map<string, KnownChunk>([
    ['0/4', { index: 1, partition: 0, offset: 4n }],
    ['0/7', { index: 1, partition: 0, offset: 7n }],
    ['0/9', { index: 2, partition: 0, offset: 9n }],
  ]);
  const version = {
    ...{
      identity: { path: 'run/f.dat' },
      isDropped: false,
      missingBytes: missing,
      contentSize: 6,
      choice: 1,
    },
  };
  const file = { version, copies } as unknown as OpenFile;
  const dropped = new DroppedFiles({
    ...{ disk: { bytes: 0, budgetBytes: 100 }, intake: {}, readBack: { begin } },
    ...{ mostHeldBytes: Infinity, emit: () => undefined },
  } as unknown as DroppedFilesParts);
  expect(dropped.complete(file)).toBe(true);
  dropped.advance();
  const [[, chunks]] = begin.mock.calls as [[OpenFile, readonly KnownChunk[]]];
  expect(chunks.map(({ offset }) => offset)).toEqual([4n, 7n]);
});
