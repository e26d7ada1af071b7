import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unitText, type UnitOptions } from '../../../src/programs/service/unit-text.js';

const folder = mkdtempSync(join(tmpdir(), 'unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options: UnitOptions = {
  scope: 'system',
  description: 'peaks, 100 %',
  workingDirectory: folder,
  command: [
    process.execPath,
    '/opt/lab/cli/main.js',
    'run',
    'peak finder.ts',
    '--match',
    '**/*.{xy,"q"}',
    '--note',
    '50 % of $5\\',
  ],
  runAs: 'daemon',
};
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.log('Skipped: there is no systemd-analyze');

function analyze(text: string, ...args: string[]): { status: number | null; output: string } {
  const path = join(folder, 'reproducer-test.service');
  writeFileSync(path, text);
  // What a user's manager has in it when somebody is logged in; without it, verify stops before it looks at the unit.
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, path], { encoding: 'utf8', env });
  return { status, output: stdout + stderr };
}

describe('the unit of a service', () => {
  it('keeps arguments as they are: what systemd would replace is escaped', () => {
    expect(unitText(options)).toContain(
      `ExecStart=${process.execPath} /opt/lab/cli/main.js run "peak finder.ts" --match "**/*.{xy,\\"q\\"}" --note "50 %% of $$5\\\\"\n`,
    );
    expect(unitText(options)).toContain('Description=peaks, 100 %%\n');
  });

  it('runs as a user of the system, or under the manager of the user', () => {
    expect(unitText(options)).toMatch(/^User=daemon$/m);
    const own = unitText({ ...options, scope: 'user', environmentFile: '/etc/lab.env' });
    expect(own).not.toMatch(/^User=|ProtectSystem/m);
    expect(own).toMatch(/^EnvironmentFile=\/etc\/lab\.env$/m);
    expect(own).toMatch(/^WantedBy=default\.target$/m);
  });

  it('is not started again after wrong use', () => {
    expect(unitText(options)).toMatch(/^RestartPreventExitStatus=2 3$/m);
  });

  it.skipIf(!hasSystemd)('has nothing that systemd does not understand', () => {
    const command = [process.execPath, 'run', 'peak finder.ts', '50 % of $5\\'];
    for (const scope of ['system', 'user'] as const) {
      const { output } = analyze(
        unitText({ ...options, scope, command }),
        'verify',
        `--${scope}`,
        '--man=no',
      );
      expect(output).not.toContain('Failed to initialize manager');
      expect(output.split('\n').filter(line => line.includes('reproducer-test'))).toEqual([]);
    }
  });

  // systemd's own count: 100 is as good as nothing. What a user's service lacks needs name spaces.
  it.skipIf(!hasSystemd).each([
    ['system', 25],
    ['user', 63],
  ] as const)('leaves little to whoever breaks into a service of the %s', (scope, threshold) => {
    const flags = ['--offline=yes', `--threshold=${threshold}`, '--no-pager'];
    const { status, output } = analyze(unitText({ ...options, scope }), 'security', ...flags);
    expect(status, output).toBe(0);
  });
});
