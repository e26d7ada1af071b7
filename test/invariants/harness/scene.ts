import { ChunkSender, interleave } from './chunk-sender.js';
import { seededBytes } from './seeded-random.js';
import { sentFile, type SentFile } from './sent-file.js';
import { TopicReader, type ReadMessage } from './topic-reader.js';
import { createTopic, endOffsets, freshName, withAdmin } from './topics.js';
import { WorkerProcess } from './worker-process.js';

/** Partitions of the topic with the chunks. */
export const partitionCount = 4;
const chunkBytes = 2048;

/** What most tests need: a topic with chunks, one for results, a group, an uploader, a reader, and workers to start. */
export class Scene {
  readonly groupId = freshName('group');
  readonly #workers: WorkerProcess[] = [];
  /** Where workers connect to: the broker, or a proxy in front of it. */
  workerBrokers: readonly string[];

  private constructor(
    readonly brokers: readonly string[],
    readonly topic: string,
    readonly resultTopic: string,
    readonly sender: ChunkSender,
    readonly results: TopicReader,
  ) {
    this.workerBrokers = brokers;
  }

  /** @param layout `by-file`: all chunks of a file on one partition */
  static async open(
    brokers: readonly string[],
    layout: 'scattered' | 'by-file' = 'scattered',
  ): Promise<Scene> {
    const topic = await createTopic(brokers, 'chunks', partitionCount);
    const resultTopic = await createTopic(brokers, 'results', 1);
    const sender = await ChunkSender.open(brokers, topic, partitionCount, layout);
    return new Scene(brokers, topic, resultTopic, sender, await TopicReader.open(brokers, resultTopic));
  }

  /** Uploads `count` files of 1 to 5 chunks, interleaved. */
  async upload(folder: string, count: number): Promise<SentFile[]> {
    const files = Array.from({ length: count }, (_, at) => {
      const path = `${folder}/file-${at}.dat`;
      return sentFile(path, seededBytes(path, 1 + ((at * 3571) % (5 * chunkBytes))), chunkBytes);
    });
    await this.sender.send(interleave(files, 4, count));
    return files;
  }

  /** @param program what `compileProgram` returned */
  start(program: string, ...flags: readonly string[]): WorkerProcess {
    return this.startWith({}, program, ...flags);
  }

  /** @param env beside this process's environment */
  startWith(
    env: Readonly<Record<string, string>>,
    program: string,
    ...flags: readonly string[]
  ): WorkerProcess {
    const common = [
      ...['--brokers', this.workerBrokers.join(','), '--group-id', this.groupId],
      ...['--consume-topic', this.topic, '--produce-topic', this.resultTopic],
    ];
    const worker = new WorkerProcess(program, [...common, ...flags], env);
    this.#workers.push(worker);
    return worker;
  }

  /** Waits until so many files have a result. */
  async waitForResults(worker: WorkerProcess, count: number, timeoutMs: number): Promise<void> {
    await worker.runUntil(`${count} results`, timeoutMs, () => this.results.files.size >= count);
  }

  /** Everything that is on the dead-letter topic, but the record that a worker tries its rights with. */
  async deadLetters(): Promise<ReadMessage[]> {
    const reader = await TopicReader.open(this.brokers, `${this.resultTopic}.dead-letters`);
    const messages = await reader.catchUp(60_000);
    await reader.close();
    return messages.filter(({ key }) => key !== '/');
  }

  /** As retention does in the end. */
  async deleteChunks(): Promise<void> {
    await withAdmin(this.brokers, async admin => {
      const ends = await endOffsets(admin, this.topic);
      const partitions = [...ends].map(([partition, end]) => ({ partition, offset: String(end) }));
      await admin.deleteTopicRecords({ topic: this.topic, partitions });
    });
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.kill();
    await this.sender.close();
    await this.results.close();
  }
}
