import { ConfigError } from '../../errors.js';
import { parseByteSize } from '../../config/values/parse-byte-size.js';
import { resolveConfiguration, type ResolvedConfiguration } from '../../config/resolve-configuration.js';
import type { CliOptionDefinition, ReproducerDefinition } from '../../definition/reproducer-definition.js';
import { flagsOnly, inProgramFlagNames, workerFlagsOf, type FileProgramFlags } from '../file-program.js';
import { commandLineOf, type ProgramFlags, type ProgramSources } from '../program-configuration.js';

/** The flags of `reproducer s3-transfer` as they were typed. */
export interface S3TransferFlags extends FileProgramFlags {
  readonly endpointUrl?: string;
  readonly region?: string;
  readonly partSize?: string;
  readonly concurrency?: string;
  readonly outputDir?: string;
}

/** Where the objects go. */
export interface S3Settings {
  bucket: string;
  /** Both keys or neither; without them Amazon's client looks where it usually does. */
  accessKeyId?: string;
  /** Named as in OpenMSIStream's files: the secret access key. */
  secretKeyId?: string;
  region?: string;
  /** With scheme; undefined: Amazon's for the region. */
  endpointUrl?: string;
  /** Files that are larger go in parts of so many bytes. */
  partBytes: number;
}

const mebibyte = 1024 * 1024;
const smallestPartBytes = 5 * mebibyte;
const usualPartBytes = 8 * mebibyte;
/** A part is held in memory while it is sent. */
const largestPartBytes = 1024 * mebibyte;

/** Stands where a class stands for a worker. */
export const s3TransferDefinition: ReproducerDefinition = {
  kind: 'file-processor',
  name: 's3-transfer',
  options: {},
  processor: { method: 'transfer', declaredBy: 's3-transfer', options: {} },
  cliOptions: [
    ownOption('access-key-id', 'accessKeyId', parseText),
    { ...ownOption('secret-key-id', 'secretKeyId', parseText), secret: true },
    ownOption('region', 'region', parseText),
    ownOption('endpoint-url', 'endpointUrl', parseEndpoint),
    ownOption('part-size', 'partBytes', parsePartSize),
  ],
};

/**
 * Resolves what was typed, the configuration file with its section `[s3]`, and the environment.
 *
 * @param instance its `settings` get the values of `[s3]`
 * @throws {ConfigError} with all mistakes at once, in flag names
 */
export function readS3TransferFlags(
  bucket: string,
  flags: S3TransferFlags,
  sources: ProgramSources,
): { readonly configuration: ResolvedConfiguration; readonly settings: S3Settings } {
  const settings: S3Settings = { bucket, partBytes: usualPartBytes };
  const problems = problemsOfBucket(bucket);
  const configuration = withAll(problems, () =>
    resolveConfiguration({
      ...sources,
      definition: s3TransferDefinition,
      sections: ['s3'],
      flagsOnly,
      instance: settings,
      commandLine: commandLineOf(workerFlags(bucket, flags)),
    }),
  );
  if ((settings.accessKeyId === undefined) !== (settings.secretKeyId === undefined))
    throw configError([
      'access_key_id and secret_key_id belong together: write both into [s3] of a --config file, or neither',
    ]);
  return { configuration, settings };
}

/** The group of all that goes to this bucket: processes on any host share the work, and a restart goes on. */
export function usualGroupId(bucket: string): string {
  return `s3-transfer.${bucket}`;
}

function workerFlags(bucket: string, flags: S3TransferFlags): ProgramFlags {
  return {
    ...workerFlagsOf(flags, usualGroupId(bucket)),
    mode: 'memory',
    concurrency: flags.concurrency ?? '4',
    'output-dir': flags.outputDir,
    'endpoint-url': flags.endpointUrl,
    region: flags.region,
    'part-size': flags.partSize,
  };
}

function ownOption(name: string, property: string, parse: (text: string) => unknown): CliOptionDefinition {
  return {
    property,
    declaredBy: 's3-transfer',
    name,
    type: 'string',
    defaultValue: undefined,
    required: false,
    env: `REPRODUCER_S3_${name.replaceAll('-', '_').toUpperCase()}`,
    secret: false,
    hidden: false,
    parse,
  };
}

function parseText(text: string): string {
  if (text === '') throw new ConfigError('must not be empty');
  return text;
}

/** Without a scheme it is https, as OpenMSIStream has it. */
function parseEndpoint(text: string): string {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (!/^https?:/i.test(address) || !URL.canParse(address))
    throw new ConfigError('must be an address such as https://s3.example.org or http://localhost:9000');
  return address;
}

function parsePartSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes < smallestPartBytes || bytes > largestPartBytes)
    throw new ConfigError('must be from 5MiB, which S3 asks for, to 1GiB');
  return bytes;
}

/** Characters that OpenMSIStream refuses too. */
const foreignToBuckets = /[#%&{}\\/<>*?\s$!'":@+`|=]/;

function problemsOfBucket(bucket: string): string[] {
  const found = foreignToBuckets.exec(bucket);
  if (bucket !== '' && found === null) return [];
  const reason = found === null ? 'is empty' : `has ${JSON.stringify(found[0])}, which no bucket name has`;
  return [`the bucket ${JSON.stringify(bucket)} ${reason}; give its name alone, not its address`];
}

function withAll<T>(problems: readonly string[], resolve: () => T): T {
  try {
    const resolved = resolve();
    if (problems.length > 0) throw configError(problems);
    return resolved;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const others = error.problems.filter(text => !problems.includes(text));
    throw configError([...problems, ...others.map(inProgramFlagNames)]);
  }
}

function configError(problems: readonly string[]): ConfigError {
  return new ConfigError(problems, { heading: 's3-transfer cannot start:' });
}
