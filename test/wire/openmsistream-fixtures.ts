import { readFileSync } from 'node:fs';

/** One line of messages.jsonl: a message as the Python package produced it. */
export interface MessageFixture {
  readonly key: string;
  readonly value: Buffer;
}

/** One line of results-*.jsonl. */
export interface ResultFixture {
  readonly key: string;
  readonly value: string;
}

/** One file of the manifest. */
export interface FileFixture {
  readonly path: string;
  readonly target: string;
  readonly append: string;
  readonly size: number;
  readonly sha512: string;
  readonly sha256: string;
  readonly chunk_size: number;
  readonly messages: number;
  readonly mtime: number;
  readonly delivered: boolean;
}

interface Line {
  readonly key: string;
  readonly key_hex: string;
  readonly value_base64: string;
}

const folder = new URL('../fixtures/openmsistream-1.8.8/', import.meta.url);

function lines(name: string): Line[] {
  const text = readFileSync(new URL(name, folder), 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);
}

function messages(name: string): MessageFixture[] {
  return lines(name).map(line => ({
    key: Buffer.from(line.key_hex, 'hex').toString(),
    value: Buffer.from(line.value_base64, 'base64'),
  }));
}

function results(name: string): ResultFixture[] {
  return messages(name).map(({ key, value }) => ({ key, value: value.toString() }));
}

export const fixtureMessages = messages('messages.jsonl');
export const fixtureLegacyMessages = messages('messages-legacy-9.jsonl');
export const fixtureSimpleResults = results('results-simple.jsonl');
export const fixtureMetadataResults = results('results-metadata.jsonl');
export const fixtureFiles = (
  JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as { files: FileFixture[] }
).files;
