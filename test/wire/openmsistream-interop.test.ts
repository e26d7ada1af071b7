import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { safeFilePath } from '../../src/wire/safe-file-path.js';
import { chunkKey, resultKey } from '../../src/wire/message-keys.js';
import { pythonFloat } from '../../src/wire/python-float.js';
import { pythonJson } from '../../src/wire/python-json.js';
import { splitFile } from '../../src/wire/split-file.js';
import {
  fixtureFiles,
  fixtureLegacyMessages,
  fixtureMessages,
  fixtureMetadataResults,
  fixtureSimpleResults,
  type FileFixture,
} from './openmsistream-fixtures.js';

const chunks = fixtureMessages.map(message => decodeChunk(message.value));
const deliveredFiles = fixtureFiles.filter(file => file.delivered);

function chunksOf(file: FileFixture): FileChunk[] {
  return chunks
    .filter(chunk => sourcePath(chunk) === file.path)
    .sort((one, other) => one.index - other.index);
}

function sourcePath(chunk: FileChunk): string {
  return safeFilePath(chunk.subdirectory, chunk.filename).path;
}

function contentOf(file: FileFixture): Buffer {
  return Buffer.concat(chunksOf(file).map(chunk => chunk.data));
}

describe('messages of openmsistream 1.8.8', () => {
  it('are as many as the manifest says', () => {
    expect(fixtureMessages.length).toBe(fixtureFiles.reduce((sum, file) => sum + file.messages, 0));
    expect(deliveredFiles.length).toBe(19);
  });

  it('are encoded byte for byte the same', () => {
    for (const [number, chunk] of chunks.entries())
      expect(encodeChunk(chunk).equals(fixtureMessages[number]!.value)).toBe(true);
  });

  it('have the same keys', () => {
    for (const [number, { subdirectory, filename, index, count }] of chunks.entries())
      expect(chunkKey(subdirectory, filename, index, count)).toBe(fixtureMessages[number]!.key);
  });

  it('in the nine-element form are read without a modification time and written back the same', () => {
    expect(fixtureLegacyMessages.length).toBeGreaterThan(0);
    for (const { key, value } of fixtureLegacyMessages) {
      const chunk = decodeChunk(value);
      expect(chunk).not.toHaveProperty('modifiedAtSeconds');
      expect(encodeChunk(chunk, { legacy: true }).equals(value)).toBe(true);
      expect(chunkKey(chunk.subdirectory, chunk.filename, chunk.index, chunk.count)).toBe(key);
    }
  });

  it.each(deliveredFiles)('of $path join to the uploaded content', file => {
    const content = contentOf(file);
    expect(content.length).toBe(file.size);
    expect(createHash('sha512').update(content).digest('hex')).toBe(file.sha512);
    for (const chunk of chunksOf(file)) {
      expect(Buffer.from(chunk.fileHash).toString('hex')).toBe(file.sha512);
      expect(createHash('sha512').update(chunk.data).digest().equals(chunk.chunkHash)).toBe(true);
      expect(chunk.modifiedAtSeconds).toBe(file.mtime);
      expect(chunk.count).toBe(file.messages);
      expect(safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend).path).toBe(file.target);
    }
  });

  it.each(fixtureFiles)('of $path are what splitFile cuts', file => {
    const { filename, subdirectory } = safeFilePath(
      file.path.split('/').slice(0, -1).join('/'),
      file.path.split('/').at(-1)!,
    );
    const cut = splitFile(
      {
        filename,
        subdirectory,
        filenameAppend: file.append,
        bytes: contentOf(file),
        modifiedAtSeconds: file.mtime,
      },
      file.chunk_size,
    );
    expect([...cut].map(chunk => encodeChunk(chunk).toString('hex'))).toEqual(
      chunksOf(file).map(chunk => encodeChunk(chunk).toString('hex')),
    );
  });
});

describe('results of openmsistream 1.8.8', () => {
  const keysOfTargets = deliveredFiles
    .map(file => safeFilePath(file.target.split('/').slice(0, -1).join('/'), file.target.split('/').at(-1)!))
    .map(({ subdirectory, filename }) => resultKey(subdirectory, filename))
    .sort();

  it('have the same keys', () => {
    expect(fixtureSimpleResults.map(result => result.key).sort()).toEqual(keysOfTargets);
    expect(fixtureMetadataResults.map(result => result.key).sort()).toEqual(keysOfTargets);
  });

  it('have the same JSON text', () => {
    const ours = deliveredFiles.map(file =>
      pythonJson({ filename: file.target, size: file.size, sha256: file.sha256 }),
    );
    expect(ours.sort()).toEqual(fixtureSimpleResults.map(result => result.value).sort());
  });

  it('of the metadata reproducer have the same JSON text', () => {
    const ours = deliveredFiles.map(file => pythonJson(metadataOf(file)));
    expect(ours.sort()).toEqual(fixtureMetadataResults.map(result => result.value).sort());
  });
});

/** What the Python class behind results-metadata.jsonl returns. */
function metadataOf(file: FileFixture): Map<unknown, unknown> {
  return new Map<unknown, unknown>([
    ['name', file.target.split('/').at(-1)],
    ['path', file.target],
    ['size', file.size],
    ['half', pythonFloat(file.size / 2)],
    ['sha256', file.sha256],
    ['whole', pythonFloat(file.size)],
    ['tiny', 1e-7],
    ['big', pythonFloat(1e16)],
    ['huge', 2n ** 70n],
    ['minus_zero', -0],
    ['text', 'café 😀 "q" \\ / \t\n\u007f\u2028'],
    ['none', null],
    ['yes', true],
    ['list', [1, 2.5, 'x', []]],
    ['nested', { b: 1, a: {} }],
    [3, 'int key'],
    [1.5, 'float key'],
    [true, 'bool key'],
  ]);
}
