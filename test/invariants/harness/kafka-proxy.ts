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
  readonly #meters: Meter[] = [];

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

  /** Counts the bytes of the answers to those requests of an API that name the topic, from now on. */
  meter(api: ProxyApi, topic: string): { readonly bytes: number } {
    // As the protocol writes a text; without its length it may be the beginning of another topic's name.
    const name = Buffer.alloc(2 + Buffer.byteLength(topic));
    name.writeInt16BE(name.length - 2);
    name.write(topic, 2);
    const meter: Meter = { apiKey: apiKeys[api], name, bytes: 0 };
    this.#meters.push(meter);
    return meter;
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
    /** By correlation id. */
    const asked = new Map<number, { readonly apiKey: number; readonly meters: readonly Meter[] }>();
    const requests = new FrameSplitter(frame => {
      const apiKey = frame.readInt16BE(4);
      const correlationId = frame.readInt32BE(8);
      const meters = this.#meters.filter(meter => meter.apiKey === apiKey && frame.includes(meter.name));
      asked.set(correlationId, { apiKey, meters });
      const fault = this.#faults.strike(apiKey);
      if (fault?.on === 'request') carryOut(fault, close, () => broker.write(frame));
      else broker.write(frame);
      if (fault?.on === 'response') strikes.set(correlationId, fault);
    });
    const responses = new FrameSplitter(frame => {
      const correlationId = frame.readInt32BE(4);
      const fault = strikes.get(correlationId);
      const { apiKey, meters = [] } = asked.get(correlationId) ?? {};
      strikes.delete(correlationId);
      for (const meter of meters) meter.bytes += frame.length;
      asked.delete(correlationId);
      advertiseInstead(frame, apiKey, this.#target, this.#port);
      if (fault === undefined) client.write(frame);
      else carryOut(fault, close, () => client.write(frame));
    });
    client.on('data', (bytes: Buffer) => requests.push(bytes));
    broker.on('data', (bytes: Buffer) => responses.push(bytes));
  }
}

interface Meter {
  readonly apiKey: number;
  readonly name: Buffer;
  bytes: number;
}

function carryOut(fault: ProxyFault, close: () => void, forward: () => void): void {
  if (fault.action === 'cut') close();
  else if (fault.action === 'delay') setTimeout(forward, fault.delayMs ?? 300).unref();
}
