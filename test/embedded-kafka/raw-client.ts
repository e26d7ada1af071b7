import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameSplitter } from '../../src/embedded-kafka/frame-splitter.js';
import { RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { later } from './with-kafkajs.js';

/** A connection that sends any bytes, for requests that no real client would send. */
export class RawClient {
  private readonly splitter = new FrameSplitter(2 ** 30);
  private readonly frames: Buffer[] = [];
  private wake: () => void = () => undefined;
  /** Settled when the broker has closed the connection. */
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    this.closed = new Promise(resolve => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', bytes => {
      this.frames.push(...this.splitter.push(bytes));
      this.wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new RawClient(socket);
    later(() => Promise.resolve(socket.destroy()));
    return client;
  }

  /** Sends a request with a header of version 1, or 2 when the body is flexible. */
  send(apiKey: number, apiVersion: number, correlationId: number, body: ResponseWriter): void {
    const header = new ResponseWriter().int16(apiKey).int16(apiVersion).int32(correlationId).string('raw');
    if (body.flexible) header.int8(0);
    const length = new ResponseWriter().int32(header.byteLength + body.byteLength);
    this.socket.write(Buffer.concat([...length.finish(), ...header.finish(), ...body.finish()]));
  }

  /**
   * Sends a request in the encoding of its version and reads the answer.
   * @param isFlexible - whether this version has compact fields, and tags
   * @returns the body of the response
   * @throws {Error} the broker closes the connection
   */
  async call(
    apiKey: number,
    apiVersion: number,
    isFlexible: boolean,
    writeBody: (body: ResponseWriter) => void,
  ): Promise<RequestReader> {
    const body = new ResponseWriter(isFlexible);
    writeBody(body);
    return this.exchange(apiKey, apiVersion, body.noTags());
  }

  /** The next response, at its correlation id. */
  async receive(): Promise<RequestReader> {
    while (this.frames.length === 0) await new Promise<void>(resolve => (this.wake = resolve));
    return new RequestReader(this.frames.shift()!);
  }

  /**
   * Sends a request whose body is written already and reads its response up to the body.
   * @throws {Error} the broker closes the connection
   */
  async exchange(apiKey: number, apiVersion: number, body: ResponseWriter): Promise<RequestReader> {
    this.send(apiKey, apiVersion, 1, body);
    const response = await Promise.race([this.receive(), this.closed]);
    if (response === undefined) throw new Error(`the broker closed the connection on request ${apiKey}`);
    response.int32();
    response.flexible = body.flexible;
    response.skipTags();
    return response;
  }

  /** Sends one batch with Produce version 7 (or 5, 6, which look the same), acks all. */
  async produce(topic: string, partition: number, batch: Buffer, version = 7) {
    const body = new ResponseWriter().string(null).int16(-1).int32(1_000);
    body.structs([topic], name => {
      body.string(name).structs([partition], index => body.int32(index).bytes(batch));
    });
    this.send(0, version, 1, body);
    const response = await this.receive();
    response.int32();
    const [answer] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const result = { code: response.int16(), baseOffset: response.int64() };
        response.int64();
        response.int64();
        return result;
      });
    });
    return answer![0]!;
  }

  /** Commits as nobody in particular (generation -1), with OffsetCommit version 5. @returns the error code */
  async commit(group: string, topic: string, partition: number, offset: bigint): Promise<number> {
    const body = new ResponseWriter().string(group).int32(-1).string('');
    body.structs([topic], name => {
      body.string(name).structs([partition], index => body.int32(index).int64(offset).string(null));
    });
    this.send(8, 5, 1, body);
    const response = await this.receive();
    response.int32();
    response.int32();
    const [answer] = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        return response.int16();
      });
    });
    return answer![0]!;
  }
}
