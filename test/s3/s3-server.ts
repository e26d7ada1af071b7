import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../real-kafka/free-port.js';

/** An S3 server under Apache-2.0 that keeps objects as plain files: https://github.com/versity/versitygw */
const server = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const cache = fileURLToPath(
  new URL('../../node_modules/.cache/kafka-reproducer/versitygw-1.8.0/', import.meta.url),
);
const buildTimeoutMs = 300_000;
const startTimeoutMs = 20_000;

/** A server that can be started, or why there is none. */
export type S3Installation =
  | { readonly kind: 'ready'; readonly program: string }
  | { readonly kind: 'missing'; readonly reason: string };

let known: S3Installation | undefined;

/**
 * Finds or builds the server. `KAFKA_REPRODUCER_VERSITYGW` names one that is there, or `none`; otherwise Go builds it once, below
 * node_modules/.cache.
 */
export function s3Installation(): S3Installation {
  known ??= findOrBuild();
  return known;
}

function findOrBuild(): S3Installation {
  const given = process.env['KAFKA_REPRODUCER_VERSITYGW'] ?? '';
  if (given === 'none') return { kind: 'missing', reason: 'KAFKA_REPRODUCER_VERSITYGW=none' };
  if (given !== '') return { kind: 'ready', program: given };
  const program = join(cache, 'versitygw');
  if (existsSync(program)) return { kind: 'ready', program };
  mkdirSync(cache, { recursive: true });
  // No test is running yet whose time-out would tell.
  console.log(`Building ${server} with Go, once for this checkout: minutes, if Go has not built it before`);
  const env = { ...process.env, GOBIN: cache, CGO_ENABLED: '0' };
  const built = spawnSync('go', ['install', server], { env, encoding: 'utf8', timeout: buildTimeoutMs });
  if (built.status === 0) return { kind: 'ready', program };
  const last = built.error?.message ?? built.stderr.trim().split('\n').at(-1) ?? '';
  return { kind: 'missing', reason: `cannot build ${server} with Go: ${last}` };
}

/** A server with one bucket, in a process and a folder of its own. */
export class S3Server {
  static readonly bucket = 'lab-archive';
  static readonly accessKeyId = 'reproducer';
  static readonly secretKeyId = 'a-secret-for-tests';
  readonly #folder = mkdtempSync(join(tmpdir(), 'kafka-reproducer-s3-'));
  #child: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    readonly port: number,
  ) {
    mkdirSync(join(this.#folder, S3Server.bucket));
  }

  static async start(program: string): Promise<S3Server> {
    const started = new S3Server(program, await freePort());
    await started.resume();
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** On the same port, with the same objects. */
  async resume(): Promise<void> {
    const { accessKeyId, secretKeyId } = S3Server;
    const keys = ['--access', accessKeyId, '--secret', secretKeyId];
    const address = ['--port', `127.0.0.1:${this.port}`, '--quiet', '--keep-alive'];
    const child = spawn(this.program, [...keys, ...address, 'posix', this.#folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    const deadline = Date.now() + startTimeoutMs;
    while (!(await answers(this.url))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`versitygw did not start: ${told}`);
      await delay(50);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
