import type { Command } from 'commander';
import { checkFileFirst } from './file-first.js';
import type { ReplayFlags } from '../programs/replay/replay-selection.js';

const example = `
All other flags are the class's own: --brokers, --config, --consume-topic,
--dead-letter-topic, ... as for its worker. The worker may run meanwhile.
Results have the same result-id as they would have had. What is done again is
not listed any more.

Examples:
  reproducer replay peak-finder.ts --brokers localhost:9092 --list
  reproducer replay peak-finder.ts --brokers localhost:9092 \\
    --path 'run-17/**' --reason threw
  reproducer replay peak-finder.ts --brokers localhost:9092 \\
    --path 'run-17/*.xy' --from instrument-files

Ends with 0 when done, 1 when it failed, 2 when it was used or configured
wrongly, 3 when files failed again.`;

/** Adds `reproducer replay`. */
export function addReplay(command: Command): void {
  command
    .command('replay')
    .description('list the dead letters of a class, and run their files through it again')
    .argument('<file>', 'the module with the class')
    .argument('[flags...]', "the class's own command line; see reproducer run <file> --help")
    .option('--class <name>', 'the class where the module has several')
    .option('--list', 'list dead letters, run nothing')
    .option('--show', 'show all that is known of them, run nothing')
    .option('--dismiss', 'mark them as dealt with, run nothing')
    .option('--path <pattern>', 'only files whose path matches: a glob, or /regular expression/')
    .option('--reason <reason>', 'only what was given up for it: threw, timed-out, ...')
    .option('--since <when>', 'only what was given up since: 24h, or 2026-01-31')
    .option('--older-than <duration>', 'only what was given up before so long')
    .option('--from <topic>', 'run the files that --path names and that are on this topic, failed or not')
    .option('--from-state-topic', 'what the state topic keeps, as the dead-letter topic could not be written')
    .addHelpText('after', example)
    .showHelpAfterError('reproducer replay --help tells more')
    .allowUnknownOption()
    .action(async (file: string, argv: string[], flags: ReplayFlags) => {
      // The flags of the command itself may stand anywhere, so they are not among its words.
      if (file.startsWith('-')) checkFileFirst('replay', process.argv.slice(3));
      const { runReplay } = await import('../programs/replay/run-replay.js');
      process.exitCode = await runReplay(file, flags, argv);
    });
}
