import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ContentClient } from '../../../src/processing/content/content-client.js';
import type { ContentRequest } from '../../../src/processing/content/content-messages.js';
import { contentStream } from '../../../src/processing/content/content-stream.js';

const workId = 7;
const ended = 'the stream was read after its call had ended: read it to its end before the method returns';
let asked: ContentRequest[];
let client: ContentClient;
let stream: Readable;

beforeEach(() => {
  asked = [];
  client = new ContentClient(request => asked.push(request));
  client.begin(workId);
  stream = contentStream(client, workId);
});

/** Until the stream has asked for bytes. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const give = (text: string): void =>
  client.take({ kind: 'bytes', readingId: 1, bytes: new TextEncoder().encode(text) });

describe('a stream from the topic whose call ends before it', () => {
  it('fails for who iterates over it', async () => {
    const pieces = stream[Symbol.asyncIterator]();
    const first = pieces.next();
    give('first');
    expect(String((await first).value)).toBe('first');
    const second = pieces.next();
    client.release(workId);
    await expect(second).rejects.toThrow(ended);
    expect(asked.at(-1)).toEqual({ kind: 'close', readingId: 1 });
  });

  it('tells so whoever listens for its errors', async () => {
    stream.resume();
    await settle();
    const failed = once(stream, 'error');
    client.release(workId);
    expect(String((await failed)[0])).toBe(`StorageError: ${ended}`);
  });

  it('is closed, without an error that nobody handles and without an end, where nobody does', async () => {
    const told: string[] = [];
    stream.once('readable', () => told.push(String(stream.read())));
    stream.once('end', () => told.push('end'));
    await settle();
    give('head');
    await once(stream, 'readable');
    // Not with `once` from node:events, which listens for errors.
    const closed = new Promise(resolve => stream.once('close', resolve));
    client.release(workId);
    await closed;
    expect(told).toEqual(['head']);
    expect(stream.errored).toBeNull();
  });
});

it('a stream from the topic that is read first when its call has ended is closed without asking for anything', async () => {
  const streams = [stream];
  client.release(workId);
  // One that the call makes when it has ended, too.
  streams.push(contentStream(client, workId));
  for (const each of streams) {
    const closed = new Promise(resolve => each.once('close', resolve));
    each.resume();
    await closed;
    expect(each.errored).toBeNull();
  }
  expect(asked.filter(({ kind }) => kind === 'next')).toEqual([]);
});

it('a stream from the topic that cannot be read on fails while its call runs, also where nobody listens for it', async () => {
  // Without it the error would end this process, as it should.
  const destroy = vi.spyOn(stream, 'destroy').mockReturnValue(stream);
  stream.once('readable', () => undefined);
  await settle();
  const error = { name: 'StorageError', message: 'gone' };
  client.take({ kind: 'failed', readingId: 1, error, isRetriable: false });
  await settle();
  expect(destroy.mock.calls).toMatchObject([[{ message: 'gone', retriable: false }]]);
});
