import kafkajs from 'kafkajs';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { brokerProperties, type BrokerPorts } from './broker-properties.js';
import { checkTools, kafkaClassPath } from './kafka-jars.js';

export { MissingToolError } from './kafka-jars.js';

export interface RealKafkaOptions {
  /** Of Apache Kafka; default KAFKA_REPRODUCER_KAFKA_VERSION or 4.1.0. */
  readonly version?: string;
  /** Additional `server.properties`. */
  readonly set?: Readonly<Record<string, string>>;
}

export const defaultVersion = '4.1.0';
const log4j = fileURLToPath(new URL('log4j2.properties', import.meta.url));
const startTimeoutMs = 90_000;
const stopTimeoutMs = 20_000;

/** One Apache Kafka broker in a process of its own, on free ports of 127.0.0.1, with its data in a temporary folder. */
export class RealKafka {
  readonly brokers: string[];
  readonly version: string;
  readonly #folder: string;
  readonly #classPath: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(version: string, classPath: string, folder: string, port: number) {
    this.version = version;
    this.brokers = [`127.0.0.1:${port}`];
    this.#classPath = classPath;
    this.#folder = folder;
    this.#port = port;
  }

  /**
   * Resolves once the broker answers.
   * @throws {MissingToolError} Java or Maven is missing
   */
  static async start(options: RealKafkaOptions = {}): Promise<RealKafka> {
    checkTools();
    const version = options.version ?? process.env['KAFKA_REPRODUCER_KAFKA_VERSION'] ?? defaultVersion;
    const classPath = kafkaClassPath(version);
    const folder = mkdtempSync(join(tmpdir(), 'real-kafka-'));
    const ports: BrokerPorts = { broker: await freePort(), controller: await freePort() };
    const kafka = new RealKafka(version, classPath, folder, ports.broker);
    writeFileSync(
      join(folder, 'server.properties'),
      brokerProperties(ports, join(folder, 'data'), options.set ?? {}),
    );
    try {
      kafka.#format();
      await kafka.resume();
    } catch (error) {
      await kafka.stop();
      throw error;
    }
    return kafka;
  }

  /** Stops cleanly and deletes the data. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A crash: SIGKILL. The data stays. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops cleanly; the data stays. */
  async pause(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Starts again on the same port over the same data. Resolves once the broker answers. */
  async resume(): Promise<void> {
    const log = openSync(join(this.#folder, 'broker.log'), 'a');
    const options = ['-Xmx768m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    this.#process = spawn(
      'java',
      [...options, ...this.#javaArguments('kafka.Kafka'), join(this.#folder, 'server.properties')],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    await this.#untilItAnswers(this.#process);
  }

  #javaArguments(mainClass: string): string[] {
    return [`-Dlog4j2.configurationFile=${log4j}`, '-cp', this.#classPath, mainClass];
  }

  #format(): void {
    // Any 16 bytes in URL-safe base64 are a cluster id.
    const clusterId = Buffer.from('kafka-reproducer').toString('base64url');
    const tool = this.#javaArguments('kafka.tools.StorageTool');
    const config = join(this.#folder, 'server.properties');
    const done = spawnSync('java', [...tool, 'format', '-t', clusterId, '-c', config], { encoding: 'utf8' });
    if (done.status !== 0)
      throw new Error(`cannot prepare Kafka's data folder: ${done.stdout}${done.stderr}`);
  }

  async #untilItAnswers(broker: ChildProcess): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while (Date.now() < deadline && broker.exitCode === null && broker.signalCode === null) {
      if (await answers(`127.0.0.1:${this.#port}`)) return;
      await delay(100);
    }
    await this.#end('SIGKILL');
    const log = readFileSync(join(this.#folder, 'broker.log'), 'utf8');
    throw new Error(`Apache Kafka ${this.version} did not start; the end of its log:\n${log.slice(-3000)}`);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const broker = this.#process;
    this.#process = undefined;
    if (broker === undefined || broker.exitCode !== null || broker.signalCode !== null) return;
    const exited = once(broker, 'exit');
    broker.kill(signal);
    const timer = setTimeout(() => broker.kill('SIGKILL'), stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether the broker serves metadata and names itself, which it does only when it has registered. */
async function answers(broker: string): Promise<boolean> {
  const client = new kafkajs.Kafka({
    clientId: 'real-kafka',
    brokers: [broker],
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = client.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
