import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserProject } from '../../cli/user-project.js';

let project: UserProject;
beforeAll(() => {
  project = new UserProject();
});
afterAll(() => project.remove());

describe('reproducer service', () => {
  it('prints the unit that runs a class with its flags', async () => {
    const path = project.write('peaks.ts', '');
    const flags = ['--print', '--name', 'lab-peaks', '--', '--config', 'lab.config', '--limit', '3'];
    const { code, stdout } = await project.reproducer('service', 'install', 'peaks.ts', ...flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^ExecStart=\\S+ \\S+/dist/src/cli/main\\.js run ${path} --config lab\\.config --limit 3$`,
        'm',
      ),
    );
  });

  it('names wrong use, and changes nothing', async () => {
    const absent = await project.reproducer('service', 'install', 'absent.ts', '--print');
    expect(absent).toMatchObject({ code: 2, stderr: 'there is no file absent.ts\n' });
    const name = await project.reproducer('service', 'remove', '../x');
    expect(name).toMatchObject({
      code: 2,
      stderr: 'a service is named with letters, digits, dots, underscores and hyphens; found "../x"\n',
    });
    const user = await project.reproducer(
      'service',
      'install',
      'peaks.ts',
      '--system',
      '--run-as',
      'a b',
      '--print',
    );
    expect(user).toMatchObject({ code: 2, stderr: '--run-as must be the name of a user; found "a b"\n' });
    const removed = await project.reproducer('service', 'remove', 'kafka-reproducer-no-such-service');
    expect(removed.code).toBe(2);
    expect(removed.stderr).toMatch(/^there is no \/.*\/kafka-reproducer-no-such-service\.service\n$/);
  });
});
