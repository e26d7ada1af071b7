import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { NonRetriableError } from '../../src/errors.js';
import { DataFile } from '../../src/processing/data-file.js';
import { failureOf, fileInfo, fileReady, harness } from './fixtures.js';

/** What a worker thread of the user's does to the bytes when they are in its transfer list. */
function giveAway({ bytes }: DataFile): void {
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
}

describe('bytes that the method has transferred to another thread', () => {
  it.each<[string, (file: DataFile) => unknown]>([
    ['bytes', file => file.bytes],
    ['text()', file => file.text()],
    ['stream()', file => file.stream()],
  ])('are not taken for an empty file by %s', (_, read) => {
    const file = new DataFile(fileInfo('a.dat'), Buffer.from(new TextEncoder().encode('hello').buffer));
    giveAway(file);
    expect(() => read(file)).toThrow(NonRetriableError);
  });

  it('end the attempts of a file, with an error that says so', async () => {
    const attempts: number[] = [];
    const { processing, clock, outcomeOf } = harness((file, { attempt }) => {
      attempts.push(attempt);
      giveAway(file);
      throw new Error('the pool is full');
    });
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(attempts).toEqual([1, 2]);
    expect(failureOf(outcomeOf(1))).toMatch(
      /^threw: the bytes of dir\/f1.txt are gone: the method has transferred their memory/,
    );
  });
});

describe('a file on disk', () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read again when the method has transferred what was read of it', async () => {
    folder = mkdtempSync(`${tmpdir()}/data-file-`);
    writeFileSync(`${folder}/a.dat`, 'hello');
    const file = new DataFile(fileInfo('a.dat'), { size: 5, storedAt: `${folder}/a.dat` });
    giveAway(file);
    expect(file.text()).toBe('hello');
    giveAway(file);
    expect(await text(file.stream())).toBe('hello');
  });
});

it('an empty file has not been given away', () => {
  const file = new DataFile(fileInfo('a.dat'), Buffer.alloc(0));
  expect(file.text()).toBe('');
});
