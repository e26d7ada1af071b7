import { expect, it } from 'vitest';
import { rebuildFile } from '../../src/engine/replay/rebuild-file.js';

it('a file whose dead letter names more records than can be looked at fails, and nothing is read', async () => {
  const item = {
    path: 'a.xy',
    versionId: '00000000000000aa',
    partitions: [
      { partition: 0, offsets: '5' },
      { partition: 1, offsets: '0-999999999' },
    ],
  };
  const driver = { readAt: () => Promise.reject(new Error('something was read')) };
  await expect(rebuildFile(driver, 'files', item, new AbortController().signal)).rejects.toMatchObject({
    reason: 'chunks-lost',
    message:
      'the chunks of a.xy (00000000000000aa) lie among 1000000001 records, more than the 1000000 that are looked at. Upload the file again',
  });
});
