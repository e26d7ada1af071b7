import { type Socket } from 'node:net';
import { type Broker } from './broker.js';
import { dispatch } from './dispatch.js';
import { FrameSplitter } from './frame-splitter.js';
import { type Reply } from './handle-request.js';
import { MalformedRequestError } from './protocol/malformed-request-error.js';

/** Complete requests that may wait on one connection before no more is read from it. */
const maxWaiting = 64;

/** Bytes of requests that may wait; one request may be larger, but then no other waits behind it. */
const maxWaitingBytes = 1_048_576;

/**
 * One client's connection: requests are answered in the order in which they came, one at a time, as Kafka does.
 *
 * A client that sends faster than it is served, or does not read its responses, is not read from any further, so its
 * memory stays bounded.
 */
export class Connection {
  private readonly splitter: FrameSplitter;
  private readonly closing = new AbortController();
  private readonly clientHost: string;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private isBusy = false;

  constructor(
    private readonly socket: Socket,
    private readonly broker: Broker,
  ) {
    this.splitter = new FrameSplitter(broker.settings.maxRequestBytes);
    this.clientHost = socket.remoteAddress ?? 'unknown';
    socket.setNoDelay(true);
    socket.on('data', bytes => this.receive(bytes));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  /** Ends the connection at once; nothing that waits is answered any more. */
  close(): void {
    this.waiting = [];
    this.waitingBytes = 0;
    this.closing.abort();
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    try {
      for (const frame of this.splitter.push(bytes)) {
        this.waiting.push(frame);
        this.waitingBytes += frame.length;
      }
    } catch (error) {
      return this.fail(error);
    }
    if (this.waiting.length > maxWaiting || this.waitingBytes > maxWaitingBytes) this.socket.pause();
    if (!this.isBusy) this.serve();
  }

  /** Serves what waits, until it is all done or something has to be waited for. */
  private serve(): void {
    while (this.waiting.length > 0) {
      const frame = this.waiting.shift()!;
      this.waitingBytes -= frame.length;
      let reply: Reply | Promise<Reply>;
      try {
        const { clientHost } = this;
        reply = dispatch(this.broker, frame, { clientHost, closed: this.closing.signal });
      } catch (error) {
        return this.fail(error, frame);
      }
      if (reply instanceof Promise) return this.serveLater(reply, frame);
      if (!this.send(reply)) return this.waitForDrain();
    }
    if (this.socket.isPaused()) this.socket.resume();
  }

  private serveLater(reply: Promise<Reply>, frame: Buffer): void {
    this.isBusy = true;
    reply.then(
      settled => {
        this.isBusy = false;
        if (this.closing.signal.aborted) return;
        if (this.send(settled)) this.serve();
        else this.waitForDrain();
      },
      (error: unknown) => this.fail(error, frame),
    );
  }

  private waitForDrain(): void {
    if (this.closing.signal.aborted) return;
    this.isBusy = true;
    this.socket.once('drain', () => {
      this.isBusy = false;
      this.serve();
    });
  }

  /** @returns false when the next response has to wait until this one is on its way, or the connection is closed */
  private send(reply: Reply): boolean {
    if (reply.kind === 'no-response') return true;
    if (reply.kind === 'close') {
      this.close();
      return false;
    }
    const { socket } = this;
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(reply.byteLength);
    socket.cork();
    let isFlowing = socket.write(length);
    for (const buffer of reply.buffers) isFlowing = socket.write(buffer);
    socket.uncork();
    return isFlowing;
  }

  /** Closes the connection; a failure that is not the client's is reported. */
  private fail(error: unknown, frame?: Buffer): void {
    if (!(error instanceof MalformedRequestError)) {
      const request = frame === undefined ? 'a request' : `request ${frame.readInt16BE(0)}`;
      this.broker.settings.onInternalError(error, request);
    }
    this.close();
  }
}
