import type { Command } from 'commander';
import { checkFileFirst } from './file-first.js';

/** Adds what runs the class of a module: `run`, and `check`, which only looks whether it could. */
export function addRun(command: Command): void {
  classCommand(command, 'run', {
    description: 'run the decorated class of a module, TypeScript or JavaScript',
    flags: [],
    example: 'peak-finder.ts --brokers localhost:9092 --minimum-height 80',
  });
}

export function addCheck(command: Command): void {
  classCommand(command, 'check', {
    description: 'look whether that class could run: options, brokers, topics, rights; reads nothing',
    flags: ['--check'],
    example: 'peak-finder.ts --config lab.config',
  });
}

interface ClassCommand {
  readonly description: string;
  /** Given to the class before those of the command line. */
  readonly flags: readonly string[];
  readonly example: string;
}

function classCommand(command: Command, name: string, { description, flags, example }: ClassCommand): void {
  command
    .command(name)
    .description(description)
    .argument('<file>', 'the module with the class')
    .argument('[flags...]', "the class's own command line; see reproducer run <file> --help")
    .option('--class <name>', 'the class where the module has several; stands before <file>')
    .usage('[--class <name>] <file> [flags...]')
    .addHelpText('after', `\nExample:\n  reproducer ${name} ${example}`)
    .showHelpAfterError(`reproducer ${name} --help tells more`)
    // What follows the file belongs to the class, so its flags cannot clash with those of this command.
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (file: string, given: string[], options: { class?: string }) => {
      checkFileFirst(options.class === undefined ? name : `${name} --class ${options.class}`, [
        file,
        ...given,
      ]);
      const className = options.class === undefined ? {} : { className: options.class };
      const { runFile } = await import('../programs/run/run-file.js');
      await runFile(file, { ...className, argv: [...flags, ...given] });
    });
}
