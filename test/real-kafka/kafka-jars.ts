import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the launcher needs is not installed; its message is the reason to print where tests are skipped. */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
}

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
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
 * The class path of a broker. Its jars are downloaded once, into the folder that KAFKA_REPRODUCER_KAFKA_JARS names
 * or else below node_modules/.cache.
 */
export function kafkaClassPath(version: string): string {
  const folder = `${process.env['KAFKA_REPRODUCER_KAFKA_JARS'] ?? defaultCache}/${version}`;
  if (!existsSync(folder)) download(version, folder);
  return `${folder}/*`;
}

/** Into a folder of its own first: a download that breaks off must not look like a complete one. */
function download(version: string, folder: string): void {
  const partial = `${folder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies';
  const settings = [`-Dkafka.version=${version}`, `-DoutputDirectory=${partial}`];
  const { status, stdout } = spawnSync('mvn', ['-q', '-B', '-f', pom, goal, ...settings], {
    encoding: 'utf8',
    timeout: downloadTimeoutMs,
  });
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
