import type { OutgoingRecord } from '../../kafka/driver.js';
import { FileUploader } from './file-uploader.js';
import { PatientSender, type PatientSenderOptions } from './patient-sender.js';
import type { UploadSettings } from './upload-settings.js';

export interface PatientUploaderOptions extends Omit<PatientSenderOptions, 'topic'> {
  /** Kafka has the chunks. */
  readonly onAcked?: (records: readonly OutgoingRecord[]) => void;
}

/** An uploader that bears Kafka's being away. */
export function patientUploader(
  { topic, layout, worker }: Pick<UploadSettings, 'topic' | 'layout' | 'worker'>,
  { onAcked, ...options }: PatientUploaderOptions,
): FileUploader {
  const sender = new PatientSender({ topic, ...options });
  return new FileUploader({
    layout,
    chunkBytes: worker.chunkBytes,
    memoryBytes: worker.memoryBudgetBytes,
    partitionCount: () => sender.partitionCount(),
    send: async (partition, records) => {
      await sender.send(partition, records);
      onAcked?.(records);
    },
  });
}
