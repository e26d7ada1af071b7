import type { OutgoingRecord, ProducerPort } from '../../kafka/driver.js';
import { FileUploader } from './file-uploader.js';
import { PatientSender, type PatientSenderOptions } from './patient-sender.js';
import type { UploadSettings } from './upload-settings.js';

export interface PatientUploaderOptions extends Omit<PatientSenderOptions, 'producer' | 'topic'> {
  readonly producer: ProducerPort;
  /** Kafka has the chunks. */
  readonly onAcked?: (records: readonly OutgoingRecord[]) => void;
}

/** An uploader that bears Kafka's being away. */
export function patientUploader(
  { topic, layout, worker }: Pick<UploadSettings, 'topic' | 'layout' | 'worker'>,
  { onAcked, ...options }: PatientUploaderOptions,
): FileUploader {
  const { producer } = options;
  const sender = new PatientSender({ topic, ...options });
  return new FileUploader({
    layout,
    chunkBytes: worker.chunkBytes,
    memoryBytes: worker.memoryBudgetBytes,
    partitionCount: () => producer.partitionCount(topic),
    send: async (partition, records) => {
      await sender.send(partition, records);
      onAcked?.(records);
    },
  });
}
