import { InputError } from '../../errors.js';
import { rangesOf } from '../../failures/offset-ranges.js';
import type { KafkaDriver, RawRecord } from '../../kafka/driver.js';
import { decodeChunk } from '../../wire/decode-chunk.js';
import { safeFilePath } from '../../wire/safe-file-path.js';
import { versionId } from '../../wire/version-id.js';
import type { ReplayItem } from './rebuild-file.js';

interface Found {
  readonly path: string;
  readonly places: { readonly partition: number; readonly offset: bigint }[];
}

/** Reads a topic once and says where the chunks of the files lie that are meant, in the order of their first chunks. */
export async function findOnTopic(
  driver: Pick<KafkaDriver, 'readToEnd'>,
  topic: string,
  isMeant: (path: string) => boolean,
): Promise<ReplayItem[]> {
  const found = new Map<string, Found>();
  const look = ({ value, offset }: RawRecord, partition: number): void => {
    const { subdirectory, filename, filenameAppend, fileHash, count } = decodeChunk(value);
    const { path } = safeFilePath(subdirectory, filename, filenameAppend);
    if (!isMeant(path)) return;
    const id = versionId(path, fileHash, count);
    const file = found.get(id) ?? { path, places: [] };
    found.set(id, file);
    file.places.push({ partition, offset });
  };
  await driver.readToEnd({
    topic,
    from: new Map(),
    onRecord: (record, partition) => {
      try {
        look(record, partition);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    },
  });
  return [...found].map(([id, { path, places }]) => ({ path, versionId: id, partitions: rangesOf(places) }));
}
