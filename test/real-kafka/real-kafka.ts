import kafkajs from 'kafkajs';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  brokerProperties,
  type BrokerListener,
  type BrokerNode,
  type SecurityProtocol,
} from './broker-properties.js';
import { endWithThisProcess } from './end-with-this-process.js';
import { freePort } from './free-port.js';
import { checkTools, kafkaClassPath } from './kafka-jars.js';

export { MissingToolError } from './kafka-jars.js';

export interface RealKafkaOptions {
  /** Of Apache Kafka; default KAFKA_REPRODUCER_KAFKA_VERSION or 4.1.0. */
  readonly version?: string;
  /** Additional `server.properties`. */
  readonly set?: Readonly<Record<string, string>>;
  /** Listeners beside `PLAINTEXT`: their names with their security protocol. */
  readonly listeners?: Readonly<Record<string, SecurityProtocol>>;
  /** Users for SCRAM-SHA-256 and SCRAM-SHA-512, with their passwords. */
  readonly scramUsers?: Readonly<Record<string, string>>;
  /** Java's system properties. */
  readonly systemProperties?: Readonly<Record<string, string>>;
}

export const defaultVersion = '4.1.0';
/** Any 16 bytes in URL-safe base64. */
const clusterId = Buffer.from('kafka-reproducer').toString('base64url');
const log4j = fileURLToPath(new URL('log4j2.properties', import.meta.url));
const startTimeoutMs = 90_000;
const stopTimeoutMs = 20_000;

/** One Apache Kafka broker in a process of its own, on free ports of 127.0.0.1, with its data in a temporary folder. */
export class RealKafka {
  readonly brokers: string[];
  readonly version: string;
  readonly #options: RealKafkaOptions;
  readonly #node: BrokerNode;
  readonly #folder: string;
  readonly #classPath: string;
  #process: ChildProcess | undefined;

  private constructor(options: RealKafkaOptions, node: BrokerNode) {
    this.version = options.version ?? process.env['KAFKA_REPRODUCER_KAFKA_VERSION'] ?? defaultVersion;
    this.#classPath = kafkaClassPath(this.version);
    this.#options = options;
    this.#node = node;
    this.#folder = mkdtempSync(join(tmpdir(), 'real-kafka-'));
    this.brokers = [this.addressOf('PLAINTEXT')];
  }

  /**
   * Resolves once the broker answers.
   * @throws {MissingToolError} Java or Maven is missing
   */
  static async start(options: RealKafkaOptions = {}): Promise<RealKafka> {
    checkTools();
    const kafka = RealKafka.prepare(options, await alone(options.listeners ?? {}));
    try {
      await kafka.resume();
    } catch (error) {
      await kafka.stop();
      throw error;
    }
    return kafka;
  }

  /**
   * A node that `resume` starts, for a cluster.
   * @throws {MissingToolError} Java or Maven is missing
   */
  static prepare(options: RealKafkaOptions, node: BrokerNode): RealKafka {
    checkTools();
    const kafka = new RealKafka(options, node);
    try {
      kafka.#format();
    } catch (error) {
      rmSync(kafka.#folder, { recursive: true, force: true });
      throw error;
    }
    return kafka;
  }

  /** @param listener its name */
  addressOf(listener: string): string {
    const found = this.#node.listeners.get(listener);
    if (found === undefined) throw new Error(`no listener ${listener}`);
    return `127.0.0.1:${found.port}`;
  }

  /** Bytes a second that each client may fetch. The broker allows about ten seconds' worth at once. */
  async limitFetching(bytesPerSecond: number): Promise<void> {
    const change = ['--alter', '--entity-type', 'clients', '--entity-default'];
    const quota = ['--add-config', `consumer_byte_rate=${bytesPerSecond}`];
    await this.#runTool(
      'kafka.admin.ConfigCommand',
      '--bootstrap-server',
      this.brokers[0]!,
      ...change,
      ...quota,
    );
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
    endWithThisProcess(this.#process);
    await this.#untilItAnswers(this.#process);
  }

  #javaArguments(mainClass: string): string[] {
    const properties = { 'log4j2.configurationFile': log4j, ...this.#options.systemProperties };
    const defines = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
    return [...defines, '-cp', this.#classPath, mainClass];
  }

  async #runTool(mainClass: string, ...args: readonly string[]): Promise<void> {
    const { stdout, stderr } = await promisify(execFile)('java', [
      ...this.#javaArguments(mainClass),
      ...args,
    ]);
    if (!stdout.startsWith('Completed')) throw new Error(`${mainClass} failed: ${stdout}${stderr}`);
  }

  #format(): void {
    const config = join(this.#folder, 'server.properties');
    writeFileSync(config, brokerProperties(this.#node, join(this.#folder, 'data'), this.#options.set ?? {}));
    const users = Object.entries(this.#options.scramUsers ?? {}).flatMap(([name, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${password}]`,
      ]),
    );
    const tool = this.#javaArguments('kafka.tools.StorageTool');
    const done = spawnSync('java', [...tool, 'format', '-t', clusterId, '-c', config, ...users], {
      encoding: 'utf8',
    });
    if (done.status !== 0)
      throw new Error(`cannot prepare Kafka's data folder: ${done.stdout}${done.stderr}`);
  }

  async #untilItAnswers(broker: ChildProcess): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while (Date.now() < deadline && broker.exitCode === null && broker.signalCode === null) {
      if (await answers(this.brokers[0]!)) return;
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

async function alone(listeners: Readonly<Record<string, SecurityProtocol>>): Promise<BrokerNode> {
  const withPorts = new Map<string, BrokerListener>();
  for (const [name, protocol] of Object.entries({ PLAINTEXT: 'PLAINTEXT' as const, ...listeners }))
    withPorts.set(name, { protocol, port: await freePort() });
  return { id: 1, listeners: withPorts, controllers: new Map([[1, await freePort()]]) };
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
