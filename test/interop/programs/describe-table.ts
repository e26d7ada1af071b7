import { createHash } from 'node:crypto';
import { MetadataReproducer, pythonFloat, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

/** The class of python/metadata.py. */
@Reproducer()
export class DescribeTable extends MetadataReproducer {
  extractMetadata(file: DataFile) {
    const text = file.text();
    const words = text.split(/\s+/).filter(word => /^[-.0-9]/.test(word));
    const numbers = words.map(Number);
    return new Map<unknown, unknown>([
      ['file', file.path],
      ['sha256', createHash('sha256').update(file.bytes).digest('hex')],
      ['size', file.size],
      ['text', text],
      ['numbers', numbers.map(number => pythonFloat(number))],
      ['half', numbers.map(number => pythonFloat(number / 2))],
      ['least', numbers.length === 0 ? null : pythonFloat(Math.min(...numbers))],
      ['whole', numbers.filter(number => Math.abs(number) < 1e300).map(number => BigInt(Math.trunc(number)))],
      ['odd', [NaN, Infinity, -Infinity, -0, 2n ** 70n, true, {}, []]],
      [
        3,
        new Map<unknown, unknown>([
          ['1.0', pythonFloat(1)],
          [1.5, null],
          [null, false],
          [true, 'yes'],
        ]),
      ],
    ]);
  }
}

await runReproducer(DescribeTable, import.meta);
