import type { Command } from 'commander';
import type { InitFlags } from '../programs/init/run-init.js';
import type { ServiceFlags } from '../programs/service/run-service.js';

/** Adds `reproducer init`. */
export function addInit(command: Command): void {
  command
    .command('init')
    .description('make a new project: a class, its test, a configuration file')
    .argument('<folder>', 'a new folder')
    .option('--class <name>', 'name of the class (default: LineCounter)')
    .option(
      '--package <spec>',
      'where npm finds kafka-reproducer: a file that npm pack made, a checkout, a version (default: where this one is from)',
    )
    .showHelpAfterError('reproducer init --help tells more')
    .action(async (folder: string, flags: InitFlags) => {
      const { runInit } = await import('../programs/init/run-init.js');
      process.exitCode = runInit(folder, flags);
    });
}

const example = `
Example:
  reproducer service install peak-finder.ts --env-file lab.env -- \\
    --config lab.config --minimum-height 80`;

/** Adds `reproducer service install|status|remove`. */
export function addService(command: Command): void {
  const service = command.command('service').description('run a class as a systemd service of this machine');
  service
    .command('install')
    .description('write a unit, enable and start it')
    .argument('<file>', 'the module with the class')
    .argument('[flags...]', "the worker's flags, after --")
    .option('--system', 'a service of the system (needs sudo), not of this user')
    .option('--name <name>', "name of the service (default: the file's name)")
    .option('--run-as <user>', 'user of a system service (default: who called sudo)')
    .option('--env-file <file>', 'file with environment variables, such as passwords')
    .option('--print', 'print the unit and change nothing')
    .addHelpText('after', example)
    .showHelpAfterError('reproducer service install --help tells more')
    .action(async (file: string, workerFlags: string[], flags: ServiceFlags) => {
      const { installService } = await import('../programs/service/run-service.js');
      process.exitCode = installService(file, workerFlags, flags);
    });
  service
    .command('status')
    .description('show what systemd says of a service')
    .argument('<name>', 'name of the service')
    .option('--system', 'a service of the system, not of this user')
    .action(async (name: string, flags: ServiceFlags) => {
      const { showService } = await import('../programs/service/run-service.js');
      process.exitCode = showService(name, flags);
    });
  service
    .command('remove')
    .description('stop a service and remove its unit')
    .argument('<name>', 'name of the service')
    .option('--system', 'a service of the system, not of this user')
    .action(async (name: string, flags: ServiceFlags) => {
      const { removeService } = await import('../programs/service/run-service.js');
      process.exitCode = removeService(name, flags);
    });
}
