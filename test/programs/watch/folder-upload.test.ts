import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/logger.js';
import { FolderUpload } from '../../../src/programs/watch/folder-upload.js';
import { UploadJournal } from '../../../src/registry/upload-journal.js';
import { identityOf } from '../../../src/programs/upload/file-identity.js';
import type { UploadOutcome, UploadRequest } from '../../../src/programs/upload/upload-outcome.js';
import { FileFolder } from '../upload/file-folder.js';

let folder: FileFolder;
let journal: UploadJournal;

beforeEach(async () => {
  folder = new FileFolder();
  ({ journal } = await UploadJournal.open(folder.local('LOGS.journal')));
});
afterEach(async () => {
  await journal.close();
  folder.remove();
});

describe('the upload of a folder', () => {
  it('counts a file that is being sent once, though it was told of again', async () => {
    let end!: (outcome: UploadOutcome) => void;
    const upload = new FolderUpload({
      root: folder.path,
      settleMs: 0,
      chunkBytes: 10,
      uploader: { upload: () => new Promise(resolve => (end = resolve)) },
      journal,
      log: silentLogger(),
      onRecorded: () => undefined,
      onFatal: error => expect.unreachable(String(error)),
    });
    folder.write('a.txt', 'content');
    upload.note('a.txt');
    await upload.tick();
    upload.note('a.txt');
    upload.note('b.txt');
    expect(upload.progressText).toBe('1 file being sent, 1 being checked for changes, 0 uploaded (0 B)');
    end({ kind: 'stopped' });
    await upload.stop(0);
  });

  it('knows how many bytes are left of the files that are complete', async () => {
    const begun: UploadRequest[] = [];
    const ends: ((outcome: UploadOutcome) => void)[] = [];
    const upload = new FolderUpload({
      root: folder.path,
      settleMs: 0,
      chunkBytes: 10,
      uploader: {
        upload: (_file, request) => {
          begun.push(request);
          return new Promise(resolve => ends.push(resolve));
        },
      },
      journal,
      log: silentLogger(),
      onRecorded: () => undefined,
      onFatal: error => expect.unreachable(String(error)),
    });
    // Two more than are sent at once.
    for (let at = 0; at < 18; at += 1) {
      folder.write(`${at}.txt`, 'x'.repeat(100));
      upload.note(`${at}.txt`);
    }
    await upload.tick();
    expect({ begun: begun.length, left: upload.leftBytes }).toEqual({ begun: 16, left: 1_800 });
    const identity = identityOf(statSync(folder.local('0.txt'), { bigint: true }));
    begun[0]!.onHashed?.({ fileHash: 'f'.repeat(128), chunkCount: 10 }, identity);
    begun[0]!.onAcked?.(6, 60);
    expect(upload.leftBytes).toBe(1_740);
    ends[0]!({ kind: 'stopped' });
    await expect.poll(() => begun.length).toBe(17);
    expect(upload.leftBytes).toBe(1_700);
    for (const end of ends) end({ kind: 'stopped' });
    await upload.stop(0);
  });
});
