/**
 * `npx tsx test/real-kafka/launch.ts [--version 4.1.0] [--set name=value ...] [-- command ...]`
 *
 * Starts a real broker, prints its address and runs until it is interrupted. With a command: runs that with
 * KAFKA_REPRODUCER_TEST_BROKERS set, stops the broker and exits as the command did. Exit code 77: skipped, Java or
 * Maven is missing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { MissingToolError, RealKafka } from './real-kafka.js';

const skippedExitCode = 77;

const { values, positionals } = parseArgs({
  options: { version: { type: 'string' }, set: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const set = Object.fromEntries(
  values.set.map(setting => [
    setting.slice(0, setting.indexOf('=')),
    setting.slice(setting.indexOf('=') + 1),
  ]),
);

try {
  const kafka = await RealKafka.start({
    ...(values.version === undefined ? {} : { version: values.version }),
    set,
  });
  process.stderr.write(`Apache Kafka ${kafka.version} at ${kafka.brokers.join(',')}\n`);
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    process.exitCode = await runOrWait(kafka, interrupted);
  } finally {
    await kafka.stop();
  }
} catch (error) {
  if (!(error instanceof MissingToolError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = skippedExitCode;
}
process.exit();

async function runOrWait(kafka: RealKafka, interrupted: Promise<unknown>): Promise<number> {
  const [command, ...rest] = positionals;
  if (command === undefined) {
    process.stdout.write(`${kafka.brokers.join(',')}\n`);
    await interrupted;
    return 0;
  }
  const env = { ...process.env, KAFKA_REPRODUCER_TEST_BROKERS: kafka.brokers.join(',') };
  const child = spawn(command, rest, { stdio: 'inherit', env });
  const ended = once(child, 'exit');
  void interrupted.then(() => child.kill('SIGTERM'));
  await ended;
  return child.exitCode ?? 1;
}
