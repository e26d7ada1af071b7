/* eslint-disable -- its types come from the package that it is copied beside; the check compiles it there */
/** A program of somebody who installed the package: one file through an embedded broker, as a class sees it. */
import { createHash } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import { Kafka, logLevel } from 'kafkajs';
import { CliOption, createReproducer, Processor, Reproducer, type DataFile } from 'kafka-reproducer';
import { EmbeddedKafka } from 'kafka-reproducer/embedded-kafka';

@Reproducer('chunks', 'results')
class CountLines {
  @CliOption({ description: 'What ends a line' })
  lineEnd = '\n';

  @Processor()
  count(file: DataFile) {
    return { file: file.path, lines: file.text().split(this.lineEnd).length - 1 };
  }
}

const broker = await EmbeddedKafka.start();
broker.createTopic('chunks', 2);
broker.createTopic('results', 1);
const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });

const content = Buffer.from('one\ntwo\nthree\n');
const hash = createHash('sha512').update(content).digest();
const producer = kafka.producer();
await producer.connect();
const value = Buffer.from(encode(['lines.txt', hash, hash, 0, 1, 1, 'notes', '', content, 1_700_000_000.5]));
await producer.send({ topic: 'chunks', messages: [{ key: 'notes_lines.txt_chunk_1_of_1', value }] });
await producer.disconnect();

const reproducer = createReproducer(CountLines, { brokers: [broker.brokers], limit: 1 });
await reproducer.start();

const consumer = kafka.consumer({ groupId: 'reader', maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topics: ['results'], fromBeginning: true });
const result = await new Promise<string>(resolve => {
  void consumer.run({
    eachMessage: async ({ message }) => resolve(`${message.key} ${message.value}`),
  });
});
await consumer.disconnect();
await reproducer.stop();
await broker.stop();

const expected = 'notes_lines.txt_chunk_processing_result {"file":"notes/lines.txt","lines":3}';
if (result !== expected) throw new Error(`expected ${expected}, found ${result}`);
console.log(result);
