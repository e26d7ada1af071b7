import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameSplitter } from './frame-splitter.js';
import { advertiseInstead } from './advertised-address.js';
import { apiKeys, ProxyFaults, type ProxyApi, type ProxyFault } from './proxy-faults.js';

/**
 * A TCP proxy in front of one broker that knows where a request begins and ends, which API it is of and which answer belongs to it.
 *
 * It needs nothing of the broker: the address that the broker tells its clients is replaced in the answers by the proxy's.
 */
export class KafkaProxy {
  readonly brokers: readonly string[];
  readonly #server: Server;
  readonly #target: number;
  readonly #port: number;
  readonly #faults = new ProxyFaults();
  readonly #sockets = new Set<Socket>();
  readonly #answeredBytes = new Map<number, number>();

  private constructor(server: Server, port: number, target: number) {
    this.#server = server;
    this.#port = port;
    this.#target = target;
    this.brokers = [`127.0.0.1:${port}`];
    server.on('connection', client => this.#accept(client));
  }

  /** @param broker `127.0.0.1:port`, as it is advertised */
  static async start(broker: string): Promise<KafkaProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new KafkaProxy(server, address.port, Number(broker.split(':')[1]));
  }

  /** @returns tells how often it has struck */
  arm(fault: ProxyFault): { readonly hitCount: number } {
    return this.#faults.arm(fault);
  }

  /** Bytes of the answers to an API's requests that came from the broker. */
  answeredBytes(api: ProxyApi): number {
    return this.#answeredBytes.get(apiKeys[api]) ?? 0;
  }

  /** Takes all faults away. */
  disarm(): void {
    this.#faults.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1');
    const close = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // Whichever side goes, the other one follows; the reason is the client's to find out.
      socket.on('error', close).on('close', () => {
        this.#sockets.delete(socket);
        close();
      });
    }
    /** Faults of requests that are under way, by correlation id. */
    const strikes = new Map<number, ProxyFault>();
    /** API keys by correlation id. */
    const asked = new Map<number, number>();
    const requests = new FrameSplitter(frame => {
      const apiKey = frame.readInt16BE(4);
      const correlationId = frame.readInt32BE(8);
      asked.set(correlationId, apiKey);
      const fault = this.#faults.strike(apiKey);
      if (fault?.on === 'request') carryOut(fault, close, () => broker.write(frame));
      else broker.write(frame);
      if (fault?.on === 'response') strikes.set(correlationId, fault);
    });
    const responses = new FrameSplitter(frame => {
      const correlationId = frame.readInt32BE(4);
      const fault = strikes.get(correlationId);
      const apiKey = asked.get(correlationId);
      strikes.delete(correlationId);
      if (apiKey !== undefined)
        this.#answeredBytes.set(apiKey, (this.#answeredBytes.get(apiKey) ?? 0) + frame.length);
      asked.delete(correlationId);
      advertiseInstead(frame, apiKey, this.#target, this.#port);
      if (fault === undefined) client.write(frame);
      else carryOut(fault, close, () => client.write(frame));
    });
    client.on('data', (bytes: Buffer) => requests.push(bytes));
    broker.on('data', (bytes: Buffer) => responses.push(bytes));
  }
}

function carryOut(fault: ProxyFault, close: () => void, forward: () => void): void {
  if (fault.action === 'cut') close();
  else if (fault.action === 'delay') setTimeout(forward, fault.delayMs ?? 300).unref();
}
