import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireRegion } from '../../../src/programs/s3-transfer/s3-client.js';
import { inParts } from '../../../src/programs/s3-transfer/s3-bucket.js';
import { readS3TransferFlags, type S3TransferFlags } from '../../../src/programs/s3-transfer/s3-settings.js';

const lab = `[broker]
bootstrap.servers = kafka:9092
[reproducer]
limit = 3
match = *.xy
[s3]
access_key_id = $KEY
secret_key_id = s3cr3t
endpoint_url = s3.example.org
region = us-east-2
`;

function read(bucket: string, flags: S3TransferFlags = {}, file = lab) {
  const sources = { env: { KEY: 'AKIA' }, cwd: '/project', readFile: () => file };
  return readS3TransferFlags(bucket, { topic: 'files', config: 'lab.config', ...flags }, sources);
}

function problemsOf(...given: Parameters<typeof read>): string {
  try {
    read(...given);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('the settings of s3-transfer', () => {
  it('come from the section [s3] of OpenMSIStream’s file', () => {
    expect(read('lab-archive').settings).toEqual({
      bucket: 'lab-archive',
      accessKeyId: 'AKIA',
      secretKeyId: 's3cr3t',
      endpointUrl: 'https://s3.example.org',
      region: 'us-east-2',
      partBytes: 8 * 1024 * 1024,
    });
  });

  it('say where files and tables of them are kept', () => {
    const placesOf = (flags: S3TransferFlags) => {
      const { outputDir, tablesFolder } = read('lab', flags).configuration.options;
      return [outputDir, tablesFolder];
    };
    expect(placesOf({})).toEqual(['/project/s3-transfer_output', '/project/s3-transfer_output']);
    expect(placesOf({ outputDir: 'a' })).toEqual(['/project/a', '/project/a']);
    expect(placesOf({ outputDir: 'a', tables: 'b' })).toEqual(['/project/a', '/project/b']);
    expect(placesOf({ tables: 'none' })).toEqual(['/project/s3-transfer_output', undefined]);
  });

  it('heed flags over the file, and nothing that is a worker’s own', () => {
    const flags = { endpointUrl: 'http://localhost:9000', partSize: '5MiB' };
    const { settings, configuration } = read('lab-archive', flags);
    expect(settings).toMatchObject({ endpointUrl: 'http://localhost:9000', partBytes: 5_242_880 });
    expect(configuration.options.limit).toBeUndefined();
    expect(configuration.options.crashLimit).toBe(0);
    expect(configuration.options.groupId).toBe('s3-transfer.lab-archive');
    expect(configuration.warnings).toEqual([]);
  });

  it('must have a region, which Amazon’s client may find elsewhere', async () => {
    await expect(
      requireRegion({ config: { region: () => Promise.resolve('eu-west-1') } }),
    ).resolves.toBeUndefined();
    const nowhere = { config: { region: () => Promise.reject(new Error('Region is missing')) } };
    await expect(requireRegion(nowhere)).rejects.toThrow(
      's3-transfer cannot start:\n  - there is no region: give --region, write region into [s3] of a --config file, or set AWS_REGION; ' +
        "a server that is not Amazon's has --endpoint-url (Region is missing)",
    );
  });

  it('are never printed with the secret', () => {
    expect(JSON.stringify(read('lab-archive').configuration.sources)).not.toContain('s3cr3t');
  });

  it('are refused all at once, in the words of the command line', () => {
    const flags = { topic: undefined, partSize: '1MiB', endpointUrl: 'ftp://x' };
    expect(problemsOf('s3://lab', flags as never)).toBe(
      [
        's3-transfer cannot start:',
        '  - the bucket "s3://lab" has ":", which no bucket name has; give its name alone, not its address',
        '  - --topic is missing: give --topic TOPIC',
        '  - --endpoint-url must be an address such as https://s3.example.org or http://localhost:9000; found "ftp://x"',
        '  - --part-size must be from 5MiB, which S3 asks for, to 1GiB; found "1MiB"',
      ].join('\n'),
    );
  });

  it('need both keys or none', () => {
    const half = lab.replace(/secret_key_id.*\n/, '');
    expect(problemsOf('lab-archive', {}, half)).toContain('access_key_id and secret_key_id belong together');
  });

  it('with an unknown key in [s3] are refused', () => {
    expect(problemsOf('lab-archive', {}, `${lab}bucket = x\n`)).toContain('[s3] unknown key bucket');
  });
});

describe('parts of a stream', () => {
  it('have the wanted size but for the last one, and are the stream’s bytes in order', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)));
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 40 }), async (stream, partBytes) => {
        const parts: Buffer[] = [];
        for await (const part of inParts(iterate(stream), partBytes)) parts.push(part);
        expect(Buffer.concat(parts).equals(Buffer.concat(stream))).toBe(true);
        for (const part of parts.slice(0, -1)) expect(part.length).toBe(partBytes);
        const last = parts.at(-1)?.length ?? 1;
        expect(last > 0 && last <= partBytes).toBe(true);
      }),
    );
  });
});

async function* iterate(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
