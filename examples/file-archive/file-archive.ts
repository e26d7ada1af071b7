import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CliOption,
  FileProcessor,
  Processor,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';
import { IsNotEmpty } from 'class-validator';

/** Keeps every version of every file: under its path and the beginning of its hash. */
@FileProcessor('instrument-files')
export class FileArchive {
  @CliOption({ description: 'folder that the files are kept in', required: true })
  @IsNotEmpty()
  archiveFolder = '';

  /** The worker can crash at any moment and may then call this again: nothing half written is ever under its final name. */
  @Processor({ concurrency: 4 })
  async keep(file: DataFile, context: ProcessorContext): Promise<void> {
    const target = join(this.archiveFolder, `${file.path}.${file.sha512.slice(0, 12)}`);
    const unfinished = join(this.archiveFolder, `.${context.resultId}.part`);
    await mkdir(dirname(target), { recursive: true });
    const handle = await open(unfinished, 'w');
    try {
      await handle.writeFile(file.bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, target);
    context.log.info({ sha256: createHash('sha256').update(file.bytes).digest('hex') }, `kept ${file.path}`);
  }
}

await runReproducer(FileArchive, import.meta);
