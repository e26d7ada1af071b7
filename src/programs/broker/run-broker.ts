import { onStopSignals, type StopSignal } from '../../bootstrap/signals.js';
import { EmbeddedKafka } from '../../embedded-kafka/index.js';
import { ConfigError } from '../../errors.js';
import { farewell, introduction } from './broker-texts.js';
import { readBrokerFlags, type BrokerFlags, type BrokerOptions } from './broker-options.js';

/**
 * Runs the embedded broker until SIGINT or SIGTERM, for development without a Kafka.
 *
 * Prints what to set in other programs only when it listens, so that a script can wait for the text.
 *
 * @throws {ConfigError} flags that make no sense, all at once; or the address cannot be had
 */
export async function runBroker(flags: BrokerFlags): Promise<void> {
  const options = readBrokerFlags(flags);
  const kafka = await listen(options);
  // Before anything is printed: who has read that it listens may end it.
  const { stopped, forget } = stopSignal();
  try {
    createTopics(kafka, options);
    process.stdout.write(introduction(kafka, options));
    process.stdout.write(farewell(await stopped, kafka));
  } finally {
    await kafka.stop();
    forget();
  }
}

async function listen(options: BrokerOptions): Promise<EmbeddedKafka> {
  try {
    return await EmbeddedKafka.start(options);
  } catch (error) {
    throw new ConfigError(whyNotListening(error as NodeJS.ErrnoException, options));
  }
}

function whyNotListening({ code, message }: NodeJS.ErrnoException, { host, port }: BrokerOptions): string {
  switch (code) {
    case 'EADDRINUSE':
      return `--port ${port}: another program listens on ${host}:${port}; stop it, or choose another port: 0 takes any free one`;
    case 'EACCES':
      return `--port ${port}: this user may not listen on ${host}:${port}; choose a port from 1024 on`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `--host ${host}: this machine has no such address (${code}); 127.0.0.1 is for this machine alone, 0.0.0.0 is every address that it has`;
    default:
      return `cannot listen on ${host}:${port}: ${message}`;
  }
}

/** @throws {ConfigError} with all topics that cannot be */
function createTopics(kafka: EmbeddedKafka, { topics }: BrokerOptions): void {
  const problems: string[] = [];
  for (const { name, partitions } of topics) {
    try {
      kafka.createTopic(name, partitions);
    } catch (error) {
      problems.push(`--topic ${name}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

function stopSignal(): { stopped: Promise<StopSignal>; forget: () => void } {
  let forget!: () => void;
  const stopped = new Promise<StopSignal>(resolve => {
    forget = onStopSignals({ onFirst: resolve });
  });
  return { stopped, forget };
}
