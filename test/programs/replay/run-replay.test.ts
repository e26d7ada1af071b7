import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peakFinder, UserProject, type Ended } from '../../cli/user-project.js';

/** Nothing listens there: binding to port 1 needs rights that tests do not have. */
const nobody = '127.0.0.1:1';
let project: UserProject;
beforeAll(() => {
  project = new UserProject();
  project.writeBoth('peaks', peakFinder());
});
afterAll(() => project.remove());

function replay(...flags: readonly string[]): Promise<Ended> {
  return project.reproducer('replay', 'peaks.js', '--brokers', nobody, ...flags);
}

describe.concurrent('reproducer replay', () => {
  it('refuses flags of a worker that it cannot heed, and ends with 2', async () => {
    const ended = await replay('--check', '--version', '--limit', '3', '--until-idle');
    expect(ended).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: [
        '  - --check checks a worker, and a replay would run files: give reproducer run FILE --check, or --list',
        "  - --version tells a worker's version, and a replay would run files: give reproducer run FILE --version",
        '  - --limit is for workers: choose files with --path, --reason, --since and --older-than',
        '  - --until-idle is for workers: a replay ends by itself once its files are done',
        '',
      ].join('\n'),
    });
  });

  it('prints its configuration with --print-config, and runs nothing', async () => {
    const { code, stdout, stderr } = await replay('--print-config');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^brokers +127\.0\.0\.1:1 +flag --brokers$/m);
  });

  it('says in a line that Kafka cannot be reached, and ends with 1', async () => {
    const { code, stdout, stderr } = await replay('--list', '--log-level', 'silent');
    expect(code, stderr).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^[^\n]*127\.0\.0\.1:1[^\n]*\n$/);
    expect(stderr).not.toContain(' at ');
  });
});
