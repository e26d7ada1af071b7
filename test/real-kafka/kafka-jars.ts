import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the launcher needs is not installed; its message is the reason to print where tests are skipped. */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
}

/** What there is to fetch: a broker, or a broker with the command-line tools. */
export type JarSet = 'broker' | 'tools';

const poms: Record<JarSet, string> = { broker: 'pom.xml', tools: 'tools-pom.xml' };
const defaultCache = fileURLToPath(new URL('../../node_modules/.cache/real-kafka', import.meta.url));
const downloadTimeoutMs = 600_000;

/** Why no broker can be started here; undefined when one can. */
export function missingTools(): string | undefined {
  // No text at all where there is no such program, whatever the types say.
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' }) as { stderr: string | null };
  const javaVersion = /version "(\d+)/.exec(stderr ?? '')?.[1];
  const hasMaven = spawnSync('mvn', ['--version']).status === 0;
  return Number(javaVersion ?? 0) >= 17 && hasMaven ? undefined : 'Java 17 and Maven are needed';
}

/** @throws {MissingToolError} Java 17 or later, or Maven, is missing */
export function checkTools(): void {
  const missing = missingTools();
  if (missing !== undefined) throw new MissingToolError(`skipped: ${missing}`);
}

/**
 * The class path of a broker, or of the tools. The jars are downloaded once, into the folder that
 * KAFKA_REPRODUCER_KAFKA_JARS names or else below node_modules/.cache.
 */
export function kafkaClassPath(version: string, jars: JarSet = 'broker'): string {
  const cache = process.env['KAFKA_REPRODUCER_KAFKA_JARS'] ?? defaultCache;
  const folder = `${cache}/${version}${jars === 'broker' ? '' : `-${jars}`}`;
  if (!existsSync(folder)) download(version, folder, poms[jars]);
  return `${folder}/*`;
}

/** Into a folder of its own first: a download that breaks off must not look like a complete one. */
function download(version: string, folder: string, pom: string): void {
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies';
  const settings = [`-Dkafka.version=${version}`, `-DoutputDirectory=${partial}`];
  const { status, stdout } = spawnSync(
    'mvn',
    ['-q', '-B', '-f', fileURLToPath(new URL(pom, import.meta.url)), goal, ...settings],
    {
      encoding: 'utf8',
      timeout: downloadTimeoutMs,
    },
  );
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(`Maven could not fetch Apache Kafka ${version}:\n${stdout.slice(-2000)}`);
  }
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process was faster.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
