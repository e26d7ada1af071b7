import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChunkSender, interleave } from '../../invariants/harness/chunk-sender.js';
import { seededBytes } from '../../invariants/harness/seeded-random.js';
import { sentFile, type SentFile } from '../../invariants/harness/sent-file.js';
import { TopicReader } from '../../invariants/harness/topic-reader.js';
import { createTopic } from '../../invariants/harness/topics.js';
import { WorkerProcess } from '../../invariants/harness/worker-process.js';
import { describedPrefix, grantedPrefix, startSecureKafka, type SecureKafka } from './secure-kafka.js';

const chunkBytes = 2048;
const filesPerUpload = 3;

/** One for all workers: each sees what was uploaded since the last one. */
export const groupId = `${grantedPrefix}group`;

/** Files on a topic of a secured broker, and workers that are told by a configuration file how to get in. */
export class SecureScene {
  #runCount = 0;

  private constructor(
    readonly secure: SecureKafka,
    readonly topic: string,
    readonly resultTopic: string,
    /** One that the user may not write to. */
    readonly describedTopic: string,
    readonly sender: ChunkSender,
    readonly results: TopicReader,
    private readonly program: string,
  ) {}

  /** @param program what `compileProgram` returned */
  static async open(program: string): Promise<SecureScene> {
    const secure = await startSecureKafka();
    try {
      return await SecureScene.#openOn(secure, program);
    } catch (error) {
      await secure.close();
      throw error;
    }
  }

  static async #openOn(secure: SecureKafka, program: string): Promise<SecureScene> {
    const { brokers } = secure.kafka;
    const topic = await createTopic(brokers, `${grantedPrefix}chunks`, 2);
    const resultTopic = await createTopic(brokers, `${grantedPrefix}results`, 1);
    const sender = await ChunkSender.open(brokers, topic, 2);
    return new SecureScene(
      secure,
      topic,
      resultTopic,
      await createTopic(brokers, `${describedPrefix}results`, 1),
      sender,
      await TopicReader.open(brokers, resultTopic),
      program,
    );
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.results.close();
    await this.secure.close();
  }

  /** Uploads files that no earlier worker has seen. */
  async upload(): Promise<readonly SentFile[]> {
    this.#runCount += 1;
    const files = Array.from({ length: filesPerUpload }, (_, at) => {
      const path = `run-${this.#runCount}/file-${at}.dat`;
      return sentFile(path, seededBytes(path, 1 + at * 3000), chunkBytes);
    });
    await this.sender.send(interleave(files, filesPerUpload, this.#runCount));
    return files;
  }

  /** @param configFile path */
  start(configFile: string, flags: readonly string[] = []): WorkerProcess {
    return new WorkerProcess(this.program, [
      ...['--config', configFile, '--consume-topic', this.topic, '--produce-topic', this.resultTopic],
      ...['--group-id', groupId, '--until-idle', '1', ...flags],
    ]);
  }

  /** INI, as OpenMSIStream has it. @returns path */
  iniFile(listener: string, settings: Readonly<Record<string, string>>): string {
    const lines = Object.entries({ ...this.#bootstrap(listener), ...settings });
    return this.#write('config', ['[broker]', ...lines.map(([name, value]) => `${name} = ${value}`)]);
  }

  /** YAML, without any quotes. @returns path */
  yamlFile(listener: string, settings: Readonly<Record<string, string>>): string {
    const lines = Object.entries({ ...this.#bootstrap(listener), ...settings });
    return this.#write('yaml', ['broker:', ...lines.map(([name, value]) => `  ${name}: ${value}`)]);
  }

  #bootstrap(listener: string): Record<string, string> {
    return { 'bootstrap.servers': this.secure.kafka.addressOf(listener) };
  }

  #write(ending: string, lines: readonly string[]): string {
    const path = join(this.secure.folder, `${randomUUID()}.${ending}`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }
}
