import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError, ConfigError } from '../../errors.js';
import { unitText, type UnitOptions } from './unit-text.js';

/** The flags of `reproducer service` as they were typed. */
export interface ServiceFlags {
  readonly system?: boolean;
  readonly name?: string;
  readonly runAs?: string;
  readonly envFile?: string;
  /** Print the unit and change nothing. */
  readonly print?: boolean;
}

type Scope = UnitOptions['scope'];

/** Installs and starts a service that runs the class of a module. @returns the exit code: 0, 1 systemd refused, 2 wrong use */
export function installService(module: string, workerFlags: readonly string[], flags: ServiceFlags): number {
  return reporting(() => {
    const scope = scopeOf(flags);
    const path = resolve(module);
    if (!existsSync(path)) throw new ConfigError(`there is no file ${module}`);
    const name = serviceName(flags.name ?? basename(path).replace(/\.[^.]+$/, ''));
    const unit = unitText({
      scope,
      description: `kafka-reproducer: ${basename(path)}`,
      workingDirectory: process.cwd(),
      command: [process.execPath, commandPath, 'run', path, ...workerFlags],
      ...(scope === 'system' ? { runAs: userOf(flags) } : {}),
      ...(flags.envFile === undefined ? {} : { environmentFile: existing(flags.envFile) }),
    });
    if (flags.print === true) {
      process.stdout.write(unit);
      return 0;
    }
    const unitPath = pathOf(name, scope);
    if (existsSync(unitPath))
      throw new ConfigError(
        `${unitPath} exists: remove it first (reproducer service remove ${name}), or give --name`,
      );
    mkdirSync(dirname(unitPath), { recursive: true });
    writeFileSync(unitPath, unit, { mode: 0o644, flag: 'wx' });
    process.stdout.write(`wrote ${unitPath}\n`);
    const code = systemctl(scope, 'daemon-reload') || systemctl(scope, 'enable', '--now', `${name}.service`);
    if (code === 0)
      process.stdout.write(
        `${name} runs; its log: journalctl ${scope === 'user' ? '--user ' : ''}-u ${name}\n`,
      );
    return code === 0 ? 0 : 1;
  });
}

/** Shows what systemd says of a service. @returns systemctl's exit code: 0 it runs, 3 it does not, 4 there is none; 2 wrong use */
export function showService(name: string, flags: ServiceFlags): number {
  return reporting(() => systemctl(scopeOf(flags), 'status', '--no-pager', `${serviceName(name)}.service`));
}

/** Stops a service and removes its unit. @returns the exit code: 0, 1 systemd refused, 2 there is none */
export function removeService(name: string, flags: ServiceFlags): number {
  return reporting(() => {
    const scope = scopeOf(flags);
    const unitPath = pathOf(serviceName(name), scope);
    if (!existsSync(unitPath)) throw new ConfigError(`there is no ${unitPath}`);
    if (systemctl(scope, 'disable', '--now', `${name}.service`) !== 0) return 1;
    rmSync(unitPath);
    process.stdout.write(`removed ${unitPath}\n`);
    return systemctl(scope, 'daemon-reload') === 0 ? 0 : 1;
  });
}

const commandPath = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

function reporting(act: () => number): number {
  try {
    return act();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    if (!(error instanceof UsageError) && !isDenied) throw error;
    process.stderr.write(`${message}${isDenied ? '; a system service needs sudo' : ''}\n`);
    return isDenied ? 1 : 2;
  }
}

function scopeOf(flags: ServiceFlags): Scope {
  return flags.system === true ? 'system' : 'user';
}

function serviceName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$/.test(name)) return name;
  throw new ConfigError(
    `a service is named with letters, digits, dots, underscores and hyphens; found "${name}"`,
  );
}

/** A worker needs no rights of root. */
function userOf({ runAs }: ServiceFlags): string {
  const user = runAs ?? process.env['SUDO_USER'] ?? userInfo().username;
  if (user === 'root' && runAs === undefined)
    throw new ConfigError(
      '--run-as is missing: name the user that the service runs as; a worker needs no rights of root',
    );
  if (!/^[A-Za-z_][\w.-]*$/.test(user))
    throw new ConfigError(`--run-as must be the name of a user; found "${user}"`);
  return user;
}

function existing(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return absolute;
  throw new ConfigError(`--env-file: there is no file ${path}`);
}

function pathOf(name: string, scope: Scope): string {
  const userFolder = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return join(
    scope === 'system' ? '/etc/systemd/system' : join(userFolder, 'systemd/user'),
    `${name}.service`,
  );
}

function systemctl(scope: Scope, ...args: readonly string[]): number {
  const { status, error } = spawnSync('systemctl', [...(scope === 'user' ? ['--user'] : []), ...args], {
    stdio: 'inherit',
  });
  if (error !== undefined)
    throw new ConfigError(`systemctl cannot be run: ${error.message}; services need systemd`);
  return status ?? 1;
}
