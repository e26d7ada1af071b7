import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What a port of a broker wants to be spoken to in. */
export interface ListenerKind {
  readonly usesTls: boolean;
  /** What it offers to authenticate; null: no SASL here; undefined: it did not say, e.g. without a client certificate. */
  readonly mechanisms: readonly string[] | null | undefined;
}

const probeTimeoutMs = 3_000;
const maxAnswerBytes = 4_096;
const correlationId = 0x6b726570;
const unsupportedMechanism = 33;
const illegalSaslState = 34;

/**
 * Finds out what a port speaks, with a question that every listener of a broker answers in its own way: whether it takes
 * a SASL mechanism that does not exist. No credentials are sent.
 *
 * @returns undefined when it is not understood in any way, e.g. nobody listens there
 */
export async function probeListener(host: string, port: number): Promise<ListenerKind | undefined> {
  const plain = await ask(connect({ host, port }), 'connect');
  if (plain.mechanisms !== undefined) return { usesTls: false, mechanisms: plain.mechanisms };
  // Whoever it is: nothing is told to it, and nothing that it says is believed beyond a hint for people.
  const tls = await ask(connectTls({ host, port, rejectUnauthorized: false }), 'secureConnect');
  return tls.isOpen ? { usesTls: true, mechanisms: tls.mechanisms } : undefined;
}

interface Answer {
  isOpen: boolean;
  mechanisms?: readonly string[] | null;
}

/** @param openEvent when the connection can be written to */
async function ask(socket: Socket, openEvent: 'connect' | 'secureConnect'): Promise<Answer> {
  const answer: Answer = { isOpen: false };
  let bytes = Buffer.alloc(0);
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, probeTimeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.once(openEvent, () => {
      answer.isOpen = true;
      socket.write(saslHandshake());
    });
    socket.on('data', (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const mechanisms = readAnswer(bytes);
      if (mechanisms !== undefined) answer.mechanisms = mechanisms;
      if (mechanisms !== undefined || bytes.length > maxAnswerBytes) end();
    });
    socket.on('error', end);
    socket.once('close', end);
  });
  socket.destroy();
  return answer;
}

/** SaslHandshake, version 1. */
function saslHandshake(): Buffer {
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(2);
    length.writeInt16BE(value.length);
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const head = Buffer.alloc(8);
  head.writeInt16BE(17);
  head.writeInt16BE(1, 2);
  head.writeInt32BE(correlationId, 4);
  const request = Buffer.concat([head, text('kafka-reproducer'), text('NONE')]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(request.length);
  return Buffer.concat([size, request]);
}

/** @returns mechanisms, or null for a listener without SASL; undefined while it is not a whole answer of a broker */
function readAnswer(bytes: Buffer): readonly string[] | null | undefined {
  if (bytes.length < 14 || bytes.length < 4 + bytes.readUInt32BE(0)) return undefined;
  if (bytes.readInt32BE(4) !== correlationId) return undefined;
  const errorCode = bytes.readInt16BE(8);
  if (errorCode === illegalSaslState) return null;
  if (errorCode !== unsupportedMechanism) return undefined;
  const mechanisms: string[] = [];
  for (let at = 14; at + 2 <= bytes.length; at += 2 + bytes.readUInt16BE(at))
    mechanisms.push(bytes.toString('utf8', at + 2, at + 2 + bytes.readUInt16BE(at)));
  return mechanisms;
}
