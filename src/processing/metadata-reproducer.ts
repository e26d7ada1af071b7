import { types } from 'node:util';
import { recordProcessor } from '../definition/metadata-store.js';
import { ResultError } from '../errors.js';
import { pythonJson } from '../wire/python-json.js';
import type { DataFile } from './data-file.js';
import { isSkippedFile, type ProcessorContext, type SkippedFile } from './processor-context.js';

/**
 * Base of classes that read metadata out of files: subclass it, write `extractMetadata`, decorate with `@Reproducer`.
 *
 * Its results are, byte for byte, those of OpenMSIStream's MetadataJSONReproducer that returns the same dict: JSON text as
 * Python writes it, under Python's key. So consumers that compare texts cannot tell which of the two is running.
 *
 * ```ts
 * @Reproducer('xrd-files', 'xrd-metadata')
 * class XrdMetadata extends MetadataReproducer {
 *   extractMetadata(file: DataFile) {
 *     return { name: file.filename, wavelength: pythonFloat(1.54) };
 *   }
 * }
 * ```
 */
export abstract class MetadataReproducer {
  /**
   * Reads the metadata of one file. An empty object is a result too.
   *
   * - A whole number is written as an integer; `pythonFloat(1)` is written `1.0`. `NaN` and the infinities are written as
   *   Python does, which is not JSON.
   * - Keys stay in their order, but JavaScript puts keys that look like whole numbers first; a Map keeps those as well, and
   *   may have numbers, booleans and null as keys.
   * - What it throws is retried and then fails the file, as for every class; `context.skip(reason)` leaves the file without
   *   a message.
   */
  abstract extractMetadata(
    file: DataFile,
    context: ProcessorContext,
  ): object | SkippedFile | PromiseLike<object | SkippedFile>;

  /**
   * What the worker calls.
   * @throws {ResultError} the metadata is no object, or holds something that JSON cannot express; the text names the place
   */
  async produceMetadata(file: DataFile, context: ProcessorContext): Promise<string | SkippedFile> {
    const metadata: unknown = await this.extractMetadata(file, context);
    if (isSkippedFile(metadata)) return metadata;
    const found = problemOfMetadata(metadata);
    if (found !== undefined) {
      throw new ResultError(
        `${this.constructor.name}.extractMetadata returned ${found} for ${file.path}: expected an object with the ` +
          'metadata, or context.skip(reason) when there is none',
      );
    }
    return pythonJson(metadata);
  }
}

// What `@Processor()` on the method would note: src imports no decorators.
recordProcessor(MetadataReproducer, {
  method: 'produceMetadata',
  resultsOf: 'extractMetadata',
  options: {},
});

/** Python's class takes a dict and nothing else. @returns what was found instead */
function problemOfMetadata(value: unknown): string | undefined {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (types.isMap(value)) return undefined;
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? undefined : `a ${tag}`;
}
