import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/logger.js';
import { FolderUpload } from '../../../src/programs/watch/folder-upload.js';
import { UploadJournal } from '../../../src/registry/upload-journal.js';
import type { UploadOutcome } from '../../../src/programs/upload/upload-outcome.js';
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
    expect(upload.progressText).toBe('1 file being sent, 1 still being written, 0 uploaded (0 B)');
    end({ kind: 'stopped' });
    await upload.stop(0);
  });
});
