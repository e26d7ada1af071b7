import {
  MetadataReproducer,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';
import { readImage } from './read-image.js';

/** Reads what microscopes and cameras write beside the picture: the texts of PNG files, the EXIF of JPEG and TIFF files. */
@Reproducer('images', 'image-metadata')
export class ImageMetadata extends MetadataReproducer {
  extractMetadata(file: DataFile, context: ProcessorContext) {
    if (!/\.(png|jpe?g|tiff?)$/i.test(file.filename)) return context.skip('no image');
    return { file: file.path, bytes: file.size, ...readImage(file.bytes) };
  }
}

await runReproducer(ImageMetadata, import.meta);
