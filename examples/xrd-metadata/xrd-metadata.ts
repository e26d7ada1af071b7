import {
  MetadataReproducer,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';
import { readMeasurement } from './read-measurement.js';

/** Reads the conditions of a measurement out of the CSV files that X-ray diffractometers export. */
@Reproducer('xrd-files', 'xrd-metadata')
export class XrdMetadata extends MetadataReproducer {
  extractMetadata(file: DataFile, context: ProcessorContext) {
    if (!file.filename.endsWith('.csv')) return context.skip('no exported scan');
    return { file: file.path, ...readMeasurement(file.text()) };
  }
}

await runReproducer(XrdMetadata, import.meta);
