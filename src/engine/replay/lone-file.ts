import { FileVersion } from '../../assembly/file-version.js';
import { newOpenFile, type OpenFile } from '../open-file.js';
import type { ReplayItem } from './rebuild-file.js';

/** A file that is not read as part of its topic. @param content of which nothing may be there any more */
export function loneFile(workId: number, content: FileVersion | ReplayItem, nowMs: number): OpenFile {
  return newOpenFile({
    workId,
    version: content instanceof FileVersion ? content : nothingOf(content),
    state: 'processing',
    firstChunkAtMs: nowMs,
    firstWrittenAtMs: Infinity,
    chunkWrittenAtMs: nowMs,
  });
}

function nothingOf({ path, versionId }: ReplayItem): FileVersion {
  const slash = path.lastIndexOf('/');
  const identity = {
    id: versionId,
    path,
    filename: path.slice(slash + 1),
    subdirectory: path.slice(0, Math.max(0, slash)),
    fileHash: Buffer.alloc(0),
    count: 0,
  };
  return new FileVersion(identity, 0);
}
