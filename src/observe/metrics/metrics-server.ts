import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineLogLine, EngineProgress } from '../../engine/engine.js';
import type { EngineReport } from '../../engine/reports.js';
import { describeError } from '../../errors.js';
import { RunMetrics, type WorkerLabels } from './run-metrics.js';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly labels: WorkerLabels;
  readonly log: (line: EngineLogLine) => void;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}

/** The engine tells of itself every second. */
const silenceMs = 15_000;
/** Reading, or able to take over at any moment. */
const readyStates: readonly EngineProgress['state'][] = ['running', 'standing-by'];

/**
 * Serves `/metrics` for Prometheus, `/livez` and `/readyz`.
 *
 * It lives in the engine's thread: it answers while the user's method computes for minutes, and does not while the engine is
 * stuck, which is what a probe wants to know.
 */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #now: () => number;
  readonly #server: Server;
  /** Nothing is missed while prom-client is being loaded. */
  readonly #metrics: Promise<RunMetrics>;
  #state: EngineProgress['state'] = 'connecting';
  #lastProgressAtMs: number;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#lastProgressAtMs = this.#now();
    this.#metrics = import('prom-client').then(prom => new RunMetrics(prom.default, options.labels));
    this.#metrics.catch((error: unknown) => this.#fail(error));
    this.#server = createServer((request, response) => void this.#answer(request.url ?? '', response));
    this.#server.on('error', error => this.#fail(error));
    this.#server.listen(options.port, options.host, () => this.#tellAddress());
    this.#server.unref();
  }

  onReport(report: EngineReport): void {
    void this.#metrics.then(metrics => metrics.onReport(report));
  }

  onProgress(progress: EngineProgress): void {
    this.#state = progress.state;
    this.#lastProgressAtMs = this.#now();
    void this.#metrics.then(metrics => metrics.onProgress(progress));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const path = url.replace(/\?.*/s, '');
    if (path === '/metrics') return this.#sendMetrics(response);
    if (path === '/livez') {
      send(response, this.#isAlive ? 200 : 503, this.#isAlive ? 'ok' : this.#silence);
      return;
    }
    if (path === '/readyz') {
      send(response, this.#isReady ? 200 : 503, this.#state);
      return;
    }
    send(response, 404, 'there are /metrics, /livez and /readyz');
  }

  async #sendMetrics(response: ServerResponse): Promise<void> {
    const { registry } = await this.#metrics;
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
  }

  get #isAlive(): boolean {
    return this.#state !== 'ended' && this.#now() - this.#lastProgressAtMs <= silenceMs;
  }

  get #isReady(): boolean {
    return this.#isAlive && readyStates.includes(this.#state);
  }

  get #silence(): string {
    const seconds = Math.round((this.#now() - this.#lastProgressAtMs) / 1000);
    return this.#state === 'ended' ? 'ended' : `the engine has not moved for ${seconds} s`;
  }

  #tellAddress(): void {
    const { address, family, port } = this.#server.address() as AddressInfo;
    const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`;
    this.#options.log({ level: 'info', fields: { kind: 'metrics', url }, message: `metrics are at ${url}` });
  }

  /** The work goes on: files matter more than figures about them. */
  #fail(error: unknown): void {
    const message = `there are no metrics: ${describeError(error)}`;
    this.#options.log({ level: 'error', fields: {}, message });
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
