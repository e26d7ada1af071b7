import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3Server } from './s3-server.js';

/** A client of the test's own. */
export function plainS3({ url }: S3Server): S3Client {
  const { accessKeyId, secretKeyId: secretAccessKey } = S3Server;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true });
}

export interface StoredObject {
  readonly sha512: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedAtMs: number;
}

/** Every visible object below the prefix, read to its end. */
export async function storedObjects(client: S3Client, prefix: string): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  let ContinuationToken: string | undefined;
  do {
    const listed: ListedObjects = await client.send(
      new ListObjectsV2Command({ Bucket: S3Server.bucket, Prefix: prefix, ContinuationToken }),
    );
    for (const { Key } of listed.Contents ?? []) {
      const read = await client.send(new GetObjectCommand({ Bucket: S3Server.bucket, Key }));
      const hash = createHash('sha512');
      for await (const piece of read.Body as AsyncIterable<Buffer>) hash.update(piece);
      const sha512 = hash.digest('hex');
      const modifiedAtMs = read.LastModified!.getTime();
      objects.set(Key!, { sha512, metadata: read.Metadata ?? {}, modifiedAtMs });
    }
    ContinuationToken = listed.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return objects;
}

/** How many uploads in parts have begun and neither ended nor been removed. */
export async function unfinishedUploads(client: S3Client): Promise<number> {
  const listed = await client.send(new ListMultipartUploadsCommand({ Bucket: S3Server.bucket }));
  return listed.Uploads?.length ?? 0;
}

interface ListedObjects {
  readonly Contents?: { readonly Key?: string | undefined }[] | undefined;
  readonly NextContinuationToken?: string | undefined;
}
