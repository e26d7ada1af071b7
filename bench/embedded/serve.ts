/** Starts the embedded broker in a process of its own, says what that took, and serves until it is ended. */
const emptyBytes = process.memoryUsage().rss;
const startedMs = performance.now();
const { EmbeddedKafka } = await import('kafka-reproducer/embedded-kafka');
const { brokers } = await EmbeddedKafka.start();
const startMs = performance.now() - startedMs;
const addedBytes = process.memoryUsage().rss - emptyBytes;
process.stdout.write(`${JSON.stringify({ brokers, startMs, addedBytes })}\n`);
