import type { ISocketFactoryArgs } from 'kafkajs';
import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { processWide } from './process-wide.js';
import { ResponseFramer } from './response-framer.js';
import { hostOfSeed } from './seed-addresses.js';
import type { SocketTrouble } from './socket-trouble.js';

const keepAliveDelayMs = 60_000;

/** Opens the sockets of one kafkajs client, as kafkajs would, and can cut them all. */
export class ClientSockets {
  readonly #open = new Set<Socket>();
  readonly #trouble: SocketTrouble;
  #isDestroyed = false;

  constructor(trouble: SocketTrouble) {
    this.#trouble = trouble;
  }

  open({ host: seedHost, port, onConnect, ...args }: ISocketFactoryArgs): Socket {
    const host = hostOfSeed(seedHost);
    // kafkajs passes null without TLS, whatever its types say.
    const ssl = args.ssl as ISocketFactoryArgs['ssl'] | null;
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      ssl === null
        ? connectFramed(host, port, onConnect)
        : connectTls({ host, port, ...servername, ...ssl }, onConnect);
    socket.setKeepAlive(true, keepAliveDelayMs);
    // A request is one write; holding it back for the answer to the last one only costs time.
    socket.setNoDelay(true);
    this.#open.add(socket);
    this.#trouble.watch(socket, `${isIPv6(host) ? `[${host}]` : host}:${port}`);
    socket.once('close', () => this.#open.delete(socket));
    if (this.#isDestroyed) socket.destroy(new Error('this Kafka client is closed'));
    return socket;
  }

  destroy(): void {
    this.#isDestroyed = true;
    for (const socket of this.#open) socket.destroy(new Error('this Kafka client is closed'));
  }
}

const framers = processWide('response framers', () => new WeakMap<object, ResponseFramer>());

/** What cuts the bytes of this socket into responses; undefined for one with TLS, or that is not of a `ClientSockets`. */
export function framerOf(socket: object): ResponseFramer | undefined {
  return framers.get(socket);
}

/** A socket whose 'data' events are whole responses. Not for TLS, which Node reads in records of at most 16 KiB. */
function connectFramed(host: string, port: number, onConnect: () => void): Socket {
  const framer = new ResponseFramer(response => void socket.emit('data', response));
  const onRead = (byteLength: number): boolean => {
    try {
      framer.advance(byteLength);
    } catch (error) {
      socket.destroy(error as Error);
    }
    return true;
  };
  const onread = { buffer: () => framer.nextTarget(), callback: onRead };
  const socket: Socket = connect({ host, port, onread }, onConnect);
  framers.set(socket, framer);
  return socket;
}
