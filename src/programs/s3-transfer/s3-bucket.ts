import { createHash } from 'node:crypto';
import type { CompletedPart, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { StorageError } from '../../errors.js';
import type { S3Library } from './s3-client.js';

/** What is to lie in the bucket. */
export interface ObjectContent {
  readonly key: string;
  /** Length in bytes. */
  readonly size: number;
  /** Kept with the object, so that a later run knows what lies there. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly pieces: () => AsyncIterable<Buffer>;
}

/** S3 takes no more parts for one object. */
const mostParts = 10_000;
/** So long is an upload that failed cleaned up after. */
const cleanUpMs = 10_000;

/** One bucket: every object is whole and verified, or not visible. */
export class S3Bucket {
  constructor(
    private readonly library: S3Library,
    private readonly client: S3Client,
    readonly name: string,
  ) {}

  /** Whether the bucket is there and may be used. @throws what S3 says */
  async find(signal: AbortSignal): Promise<void> {
    const { HeadBucketCommand } = this.library;
    await this.client.send(new HeadBucketCommand({ Bucket: this.name }), { abortSignal: signal });
  }

  /** Whether this very content lies under the key: the size and all of the metadata are the same. */
  async has({ key, size, metadata }: ObjectContent, signal: AbortSignal): Promise<boolean> {
    const { HeadObjectCommand } = this.library;
    let found: HeadObjectCommandOutput;
    try {
      const command = new HeadObjectCommand({ Bucket: this.name, Key: key });
      found = await this.client.send(command, { abortSignal: signal });
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
    const isSame = Object.entries(metadata).every(([name, value]) => found.Metadata?.[name] === value);
    return isSame && found.ContentLength === size;
  }

  /**
   * Uploads the object: at once, or part by part when it is larger than a part. It is visible when all of it is there.
   *
   * @param partBytes held in memory at a time; more where 10,000 such parts are too few
   * @throws {StorageError} S3 has other bytes than were sent; what S3 says
   */
  async put(content: ObjectContent, partBytes: number, signal: AbortSignal): Promise<void> {
    const eachBytes = Math.max(partBytes, Math.ceil(content.size / mostParts));
    const parts = inParts(content.pieces(), eachBytes);
    if (content.size > eachBytes) await this.#putParts(content, parts, signal);
    else await this.#putWhole(content, parts, signal);
  }

  async #putWhole(
    { key, metadata }: ObjectContent,
    parts: AsyncIterable<Buffer>,
    signal: AbortSignal,
  ): Promise<void> {
    const { PutObjectCommand } = this.library;
    const bytes = (await firstOf(parts)) ?? Buffer.alloc(0);
    const sum = sha256(bytes);
    const stored = await this.client.send(
      new PutObjectCommand({
        Bucket: this.name,
        Key: key,
        Body: bytes,
        ContentLength: bytes.length,
        Metadata: metadata,
        ChecksumSHA256: sum,
      }),
      { abortSignal: signal },
    );
    verify(key, bytes, sum, stored);
  }

  /**
   * An earlier run's upload of the key that was cut off is removed first. Parts are not taken over from it: S3 does not tell which
   * content it was for.
   */
  async #putParts(
    { key, metadata }: ObjectContent,
    parts: AsyncIterable<Buffer>,
    signal: AbortSignal,
  ): Promise<void> {
    const { CompleteMultipartUploadCommand, CreateMultipartUploadCommand } = this.library;
    await this.#removeUnfinished(key, signal);
    const target = { Bucket: this.name, Key: key };
    const create = { ...target, Metadata: metadata, ChecksumAlgorithm: 'SHA256' } as const;
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand(create), {
      abortSignal: signal,
    });
    const upload = { ...target, UploadId };
    try {
      const Parts: CompletedPart[] = [];
      for await (const bytes of parts)
        Parts.push(await this.#putPart(upload, Parts.length + 1, bytes, signal));
      const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      await this.client.send(complete, { abortSignal: signal });
    } catch (error) {
      await this.#abort(upload).catch(() => undefined);
      throw error;
    }
  }

  async #putPart(upload: Upload, PartNumber: number, bytes: Buffer, signal: AbortSignal) {
    const { UploadPartCommand } = this.library;
    const sum = sha256(bytes);
    const part = { ...upload, PartNumber, Body: bytes, ContentLength: bytes.length, ChecksumSHA256: sum };
    const stored = await this.client.send(new UploadPartCommand(part), { abortSignal: signal });
    verify(`part ${PartNumber} of ${upload.Key}`, bytes, sum, stored);
    return {
      PartNumber,
      ETag: stored.ETag,
      ...(stored.ChecksumSHA256 === undefined ? {} : { ChecksumSHA256: sum }),
    };
  }

  /** Not in the way of the upload itself: without the right to list, what was cut off stays until the bucket's own rules remove it. */
  async #removeUnfinished(key: string, signal: AbortSignal): Promise<void> {
    const { ListMultipartUploadsCommand } = this.library;
    const command = new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: key });
    const listed = await this.client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      if (statusOf(error) === 403 || statusOf(error) === 501) return { Uploads: [] };
      throw error;
    });
    for (const { Key, UploadId } of listed.Uploads ?? [])
      if (Key === key) await this.#abort({ Bucket: this.name, Key, UploadId }).catch(() => undefined);
  }

  /** Also after the signal: else S3 keeps the parts, and takes money for them. */
  async #abort(upload: Upload): Promise<void> {
    const { AbortMultipartUploadCommand } = this.library;
    await this.client.send(new AbortMultipartUploadCommand(upload), {
      abortSignal: AbortSignal.timeout(cleanUpMs),
    });
  }
}

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

/** Servers that know no checksums tell an ETag: the MD5 of what they have, where they do not encrypt. */
function verify(
  what: string,
  bytes: Buffer,
  sum: string,
  { ChecksumSHA256, ETag }: { ChecksumSHA256?: string | undefined; ETag?: string | undefined },
): void {
  const isSame =
    ChecksumSHA256 === undefined
      ? ETag?.replaceAll('"', '') === createHash('md5').update(bytes).digest('hex')
      : ChecksumSHA256 === sum;
  if (!isSame)
    throw new StorageError(
      `${what}: S3 has other bytes than were sent (it tells ${ChecksumSHA256 ?? ETag ?? 'no checksum'})`,
    );
}

/** HTTP status that S3 answered with; undefined for what is no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** Cuts a stream of bytes into parts of one size; the last one may be smaller. */
export async function* inParts(
  pieces: AsyncIterable<Buffer>,
  partBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const end = Math.min(piece.length, start + partBytes - heldBytes);
      held.push(piece.subarray(start, end));
      heldBytes += end - start;
      start = end;
      if (heldBytes < partBytes) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}
