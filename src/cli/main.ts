#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { helpWidth } from '../bootstrap/help-width.js';
import { outliveOutput } from '../bootstrap/lost-output.js';
import { packageVersion } from '../package-version.js';
import { UsageError } from '../errors.js';
import { addBroker } from './broker-command.js';
import { addColocate } from './colocate-command.js';
import { addDownload } from './download-command.js';
import { addInit, addService } from './project-commands.js';
import { addStatus } from './status-command.js';
import { addCheck, addRun } from './run-commands.js';
import { spellAsHere } from './python-spellings.js';
import { addReplay } from './replay-command.js';
import { addS3Transfer } from './s3-transfer-command.js';
import { addUpload } from './upload-command.js';
import { addWatch } from './watch-command.js';

/** Wrong use or configuration. */
const usageExitCode = 2;

/** The `reproducer` command. Every program is imported when it is called, so that one does not wait for the others. */
function reproducerCommand(): Command {
  const command = new Command('reproducer')
    .description('Rebuilds data files from their chunks on a Kafka topic and runs one method on each.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ helpWidth: helpWidth() })
    .showHelpAfterError('reproducer --help lists the commands')
    .enablePositionalOptions()
    .exitOverride();
  addRun(command);
  addCheck(command);
  addDemo(command);
  addBroker(command);
  addColocate(command);
  addDownload(command);
  addReplay(command);
  addS3Transfer(command);
  addUpload(command);
  addWatch(command);
  addStatus(command);
  addInit(command);
  addService(command);
  return command;
}

function addDemo(command: Command): void {
  command
    .command('demo')
    .description(
      'show everything on this machine: broker, instrument files, an example class; needs no Kafka',
    )
    .showHelpAfterError('reproducer demo --help tells more')
    .action(async () => {
      const { runDemo } = await import('../programs/demo/run-demo.js');
      process.exitCode = await runDemo();
    });
}

async function main(argv: readonly string[]): Promise<void> {
  const command = reproducerCommand();
  outliveOutput();
  try {
    if (argv.length === 0) command.help({ error: true });
    await command.parseAsync(spelledAsHere(command, argv), { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Programs whose flags are all their own. The others hand flags on to a class, which reads them itself. */
const programs = ['colocate', 'download', 's3-transfer', 'status', 'upload', 'watch'];

function spelledAsHere(command: Command, [name = '', ...rest]: readonly string[]): string[] {
  const program = programs.includes(name) ? command.commands.find(each => each.name() === name) : undefined;
  if (program === undefined) return [name, ...rest];
  const { argv, notes } = spellAsHere(program, rest);
  for (const note of notes) process.stderr.write(`${note}\n`);
  return [name, ...argv];
}

/** Commander has printed its own errors by now. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  if (error.cause instanceof Error) process.stderr.write(`${error.cause.stack ?? error.cause.message}\n`);
  return usageExitCode;
}

await main(process.argv.slice(2));
