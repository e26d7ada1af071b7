import type { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { upload } from '../kafka-driver/upload.js';

let topicCount = 0;

/** A topic with files on it, one for results, and the flags that name them. */
export async function topicsWith(kafka: EmbeddedKafka, paths: readonly string[]) {
  topicCount += 1;
  const [files, results, group] = ['files', 'results', 'group'].map(name => `${name}-${topicCount}`) as [
    string,
    string,
    string,
  ];
  kafka.createTopic(files, 2);
  kafka.createTopic(results, 1);
  const sources = paths.map(path => ({ path, bytes: Buffer.from(`content of ${path}`) }));
  await upload(kafka.brokers, files, sources, { chunkBytes: 8 });
  const flags = [
    '--brokers',
    kafka.brokers,
    '--consume-topic',
    files,
    '--produce-topic',
    results,
    '--group-id',
    group,
  ];
  const values = (): unknown[] =>
    kafka.records(results, 0).map(({ value }) => JSON.parse(String(value)) as unknown);
  return { flags, values, group };
}
