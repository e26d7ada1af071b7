import kafkajs from 'kafkajs';

// Prints keys and values of the messages on a topic, and those that come, until Ctrl-C:
// npx tsx examples/print-topic.ts xrd-metadata localhost:9092

const [topic, brokers = 'localhost:9092'] = process.argv.slice(2);
if (topic === undefined) throw new Error('the name of the topic is missing');

const { WARN } = kafkajs.logLevel;
const kafka = new kafkajs.Kafka({ clientId: 'print-topic', brokers: brokers.split(','), logLevel: WARN });
const consumer = kafka.consumer({ groupId: `print-topic-${process.pid}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: ({ message: { key, value } }) => {
    console.log(`${String(key)}  ${String(value)}`);
    return Promise.resolve();
  },
});
