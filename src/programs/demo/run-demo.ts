import { PeakFinder } from '../../../examples/xrd-peaks/peak-finder.js';
import { createReproducer } from '../../bootstrap/create-reproducer.js';
import { EmbeddedKafka } from '../../embedded-kafka/index.js';
import { describeError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { silentLogger } from '../../logger.js';
import type { RunSummary } from '../../observe/run-summary.js';
import { bytesText, countText } from '../../observe/quantity-text.js';
import type { FileToUpload } from '../upload/chunk-messages.js';
import { uploadFiles } from '../upload/upload-files.js';
import { readTopic } from './read-topic.js';
import { reportLines, resultTable, type ProcessedFile } from './result-table.js';
import { sampleFiles } from './sample-files/sample-files.js';
import { Screen, type ScreenOutput } from './screen.js';

export interface DemoOptions {
  /** Default: standard output. */
  readonly output?: ScreenOutput;
  /** For `NO_COLOR` and `TERM`; default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const consumeTopic = 'instrument-files';
const produceTopic = 'peak-tables';
const partitionCount = 4;
const chunkBytes = 4096;
const groupId = 'peak-finder';
/** Much longer than the demo takes; ends it when a file does not arrive, which would be a defect. */
const giveUpAfter = '10s';

/**
 * Shows the whole path on this machine without Kafka: a broker in this process, instrument files uploaded in chunks, an
 * example class that runs on each of them, and its results read back. Asks nothing, writes no file, leaves nothing.
 *
 * @returns the exit code: 0, or 1 when a step failed or a file has no outcome
 */
export async function runDemo(options: DemoOptions = {}): Promise<number> {
  const screen = new Screen(options.output ?? process.stdout, options.env ?? process.env);
  screen.paragraph('kafka-reproducer demo', 0, 'bold');
  screen.paragraph(
    'Everything happens in this process: no Kafka, no Java, no files written. It takes a few seconds.',
  );
  try {
    return await withBroker(screen, brokers => new Demo(screen, brokers).run());
  } catch (error) {
    screen.paragraph(`The demo failed: ${describeError(error)}`, 0, 'yellow');
    return 1;
  }
}

async function withBroker(screen: Screen, use: (brokers: string) => Promise<number>): Promise<number> {
  const kafka = await EmbeddedKafka.start();
  try {
    kafka.createTopic(consumeTopic, partitionCount);
    kafka.createTopic(produceTopic, 1);
    const { brokers } = kafka;
    heading(screen, `1. A Kafka broker listens on ${brokers}`);
    screen.paragraph(
      `It has the topics ${consumeTopic} (${countText(partitionCount, 'partition')}) and ${produceTopic}.`,
      3,
    );
    return await use(brokers);
  } finally {
    await kafka.stop();
  }
}

/** The steps after the broker runs. */
class Demo {
  readonly #screen: Screen;
  readonly #brokers: string;
  readonly #driver: KafkaDriver;

  constructor(screen: Screen, brokers: string) {
    this.#screen = screen;
    this.#brokers = brokers;
    this.#driver = createKafkajsDriver({
      connection: {
        clientId: 'demo',
        brokers: [brokers],
        connectionTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
      },
      logger: silentLogger(),
    });
  }

  async run(): Promise<number> {
    const files = sampleFiles();
    await this.#upload(files);
    const { processed, summary } = await this.#process(files);
    await this.#showResults(processed);
    await this.#showOffsets();
    this.#explain();
    return summary.exitCode === 0 && processed.length === files.length ? 0 : 1;
  }

  async #upload(files: readonly FileToUpload[]): Promise<void> {
    const screen = this.#screen;
    const byteCount = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    heading(screen, `2. ${countText(files.length, 'instrument file')} are uploaded, ${bytesText(byteCount)}`);
    const producer = this.#driver.producer();
    try {
      const uploaded = await uploadFiles(producer, consumeTopic, files, {
        chunkBytes,
        order: 'interleaved',
        onProgress: count => screen.status(`   ${countText(count, 'chunk')} sent`),
      });
      screen.paragraph(
        `In ${countText(uploaded.chunkCount, 'chunk')} of at most ${bytesText(chunkBytes)}, those of all files mixed, ` +
          `spread over the partitions (${uploaded.chunksPerPartition.join(', ')}) as OpenMSIStream's uploader does it.`,
        3,
      );
    } finally {
      await producer.close();
    }
  }

  async #process(
    files: readonly FileToUpload[],
  ): Promise<{ processed: ProcessedFile[]; summary: RunSummary }> {
    const screen = this.#screen;
    heading(screen, '3. The class PeakFinder runs on each file as soon as it is whole');
    const processed: ProcessedFile[] = [];
    const worker = createReproducer(PeakFinder, {
      brokers: this.#brokers,
      consumeTopic,
      produceTopic,
      groupId,
      limit: files.length,
      untilIdle: giveUpAfter,
      tables: 'none',
      env: {},
      logger: silentLogger(),
    });
    const show = (file: ProcessedFile): void => {
      processed.push(file);
      for (const line of reportLines(file, screen.width - 3)) screen.line(`   ${line}`);
      screen.status(`   ${processed.length} of ${countText(files.length, 'file')}`);
    };
    worker.on('file-done', ({ file, size, skipped, totalMs }) =>
      show({ file, size, ms: totalMs, ...(skipped === undefined ? {} : { skipped }) }),
    );
    worker.on('file-failed', ({ file, size, error }) => show({ file, size, error }));
    screen.status('   joining the consumer group');
    await worker.start();
    const summary = await worker.ended;
    screen.status('');
    if (summary.error !== undefined) throw new Error(summary.error);
    return { processed, summary };
  }

  async #showResults(processed: readonly ProcessedFile[]): Promise<void> {
    const screen = this.#screen;
    heading(screen, `4. What it returned, read back from the topic ${produceTopic}`);
    screen.status('   reading');
    const results = await readTopic(this.#driver, produceTopic, 'demo-reader');
    for (const line of resultTable(processed, results, screen.width - 3)) screen.line(`   ${line}`.trimEnd());
    screen.paragraph(
      'The angles of the three highest peaks, in degrees: silicon has its first line at 28.44, quartz its strongest ' +
        'at 26.64. The image and the furnace log were skipped, so there is no message for them.',
      3,
    );
  }

  async #showOffsets(): Promise<void> {
    const screen = this.#screen;
    heading(screen, `5. What the consumer group ${groupId} has committed`);
    const admin = await this.#driver.admin();
    try {
      const topic = await admin.describeTopic(consumeTopic);
      for (const { partition, offset } of await admin.committedOffsets(groupId, consumeTopic)) {
        const end = topic?.partitions.find(each => each.partition === partition)?.endOffset;
        screen.line(`   partition ${partition}: offset ${String(offset ?? 'none')} of ${String(end ?? '?')}`);
      }
    } finally {
      await admin.close();
    }
    screen.paragraph(
      'Every file has an outcome, so a restart would go on behind the last chunk. While a file is incomplete, the ' +
        'offset stays at its first chunk.',
      3,
    );
  }

  #explain(): void {
    const screen = this.#screen;
    heading(screen, 'What to try next');
    for (const step of nextSteps) screen.item(step, 3);
    screen.line();
  }
}

const nextSteps = [
  'Read the class that just ran, examples/xrd-peaks/peak-finder.ts in the repository: it is all a worker needs.',
  'Write your own and run it: npx reproducer run my-class.ts --brokers HOST:PORT',
  'Add --help to see its options, or --check to test the way to your brokers; both read no file.',
  'The guide begins at docs/getting-started.md in the repository.',
];

function heading(screen: Screen, text: string): void {
  screen.line();
  screen.paragraph(text, 0, 'bold');
}
