import { createHash } from 'node:crypto';
import { Processor, Reproducer, type DataFile } from 'kafka-reproducer';

/** What the other measurements use, too: path, size and hash. */
@Reproducer('files', 'descriptions')
export class DescribeFile {
  @Processor()
  describe(file: DataFile) {
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    return { filename: file.path, size: file.size, sha256 };
  }
}
