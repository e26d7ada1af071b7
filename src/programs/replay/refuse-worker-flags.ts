import type { CommandLine } from '../../config/command-line.js';
import { ConfigError } from '../../errors.js';

const insteadOf = new Map([
  ['check', 'checks a worker, and a replay would run files: give reproducer run FILE --check, or --list'],
  ['version', "tells a worker's version, and a replay would run files: give reproducer run FILE --version"],
  ['limit', 'is for workers: choose files with --path, --reason, --since and --older-than'],
  ['retry-failed', 'is for workers: a replay does just that'],
  ['on-failure', 'is for workers: what fails again in a replay stays a dead letter'],
  ['until-idle', 'is for workers: a replay ends by itself once its files are done'],
]);

/**
 * Flags of a worker that a replay cannot heed: who gives one expects something else than what would happen. From a
 * configuration file or the environment, which the worker shares, they are only passed over.
 *
 * @throws {ConfigError} with all of them
 */
export function refuseWorkerFlags({ flags }: CommandLine): void {
  const problems = flags
    .filter(({ value }) => value !== 'false')
    .flatMap(({ option, spelling }) => {
      const text = insteadOf.get(option);
      return text === undefined ? [] : [`${spelling} ${text}`];
    });
  if (problems.length > 0) throw new ConfigError(problems);
}
