import type { FileToUpload } from '../../src/programs/upload/chunk-messages.js';
import { uploadFiles, type UploadOptions } from '../../src/programs/upload/upload-files.js';
import { driverFor } from './brokers.js';

/** Puts files on a topic, as a program of its own would. @param brokers one address */
export async function upload(
  brokers: string,
  topic: string,
  files: readonly FileToUpload[],
  options: UploadOptions,
): Promise<void> {
  const producer = driverFor([brokers]).producer();
  await uploadFiles(producer, topic, files, options).finally(() => producer.close());
}
