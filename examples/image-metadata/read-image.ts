import ExifReader from 'exifreader';

/** What an image says of itself. */
export interface ImageFacts {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Texts that the instrument wrote, by their names in the file. */
  readonly texts: Readonly<Record<string, string>>;
  readonly exif: Readonly<Record<string, string | number>>;
}

interface Tag {
  readonly value: unknown;
  readonly description: string;
}
type Tags = Readonly<Record<string, Tag>>;

/** @throws {Error} the bytes are no image of a known format, or it is damaged */
export function readImage(bytes: Buffer): ImageFacts {
  const tags = ExifReader.load(bytes, { expanded: true }) as Readonly<Record<string, Tags>>;
  const { file = {}, png = {}, pngText = {}, exif = {} } = tags;
  const size = { ...exif, ...png, ...file };
  return {
    format: file['FileType']!.description,
    width: Number(size['Image Width']?.value),
    height: Number(size['Image Height']?.value),
    texts: mapTags(pngText, ({ description }) => description),
    exif: mapTags(exif, valueOf),
  };
}

/** Without pointers to other parts of the file, which mean nothing outside of it. */
function mapTags<T>(tags: Tags, map: (tag: Tag) => T): Record<string, T> {
  const told = Object.entries(tags).filter(([name]) => !name.endsWith('Pointer'));
  return Object.fromEntries(told.map(([name, tag]) => [name, map(tag)]));
}

/** Numbers as numbers, fractions such as an exposure time divided, everything else as people read it. */
function valueOf({ value, description }: Tag): string | number {
  if (typeof value === 'number') return value;
  if (Array.isArray(value) && value.length === 2 && value.every(part => typeof part === 'number'))
    return (value[0] as number) / (value[1] as number);
  return description;
}
