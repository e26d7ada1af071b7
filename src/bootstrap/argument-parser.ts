import { Command, Option } from 'commander';
import {
  commandLineOptions,
  spellingsOf,
  type CommandLine,
  type FlagOccurrence,
  type Spelling,
} from '../config/command-line.js';
import type { OptionSpec } from '../config/option-spec.js';
import { parseList } from '../config/values/parse-list.js';
import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { helpWidth } from './help-width.js';

/**
 * Builds the commander `Command` of a class: the options of every worker under their headings, then the class's own.
 * To extend or to document it; a worker itself reads its command line with {@link readCommandLine}.
 *
 * Every option may be written in snake_case and under OpenMSIStream's name too; these spellings are not listed. Values
 * stay text: what they mean, and whether they are possible, is decided where all sources of configuration meet.
 *
 * @param version what `--version` prints; without it the flag is listed and does nothing.
 */
export function argumentParser(definition: ReproducerDefinition, version?: string): Command {
  const command = new Command(definition.name)
    .description(summaryOf(definition))
    .configureHelp({ helpWidth: helpWidth() })
    .addHelpText('after', footer);
  for (const option of commandLineOptions(definition)) {
    if (option.name === 'help' || (option.name === 'version' && version !== undefined)) {
      addInformationFlag(command, option, version);
      continue;
    }
    const key = new Option(`--${option.name}`).attributeName();
    for (const spelling of uniqueSpellings(command, option)) {
      const flag = documentedOption(option, spelling);
      command.addOption(flag);
      if (spelling.name === option.name) continue;
      command.on(`option:${flag.name()}`, (value?: unknown) => {
        const meant = option.form === 'switch' ? spelling.switchValue === 'true' : value;
        command.setOptionValueWithSource(key, meant, 'cli');
      });
    }
  }
  return command;
}

/**
 * Takes a command line apart without judging it and without ending the program, so that unknown flags, wrong values and
 * missing topics can be reported together.
 *
 * @param argv without the program and the script.
 */
export function readCommandLine(definition: ReproducerDefinition, argv: readonly string[]): CommandLine {
  const command = new Command(definition.name).helpOption(false);
  const flags: FlagOccurrence[] = [];
  for (const option of commandLineOptions(definition)) {
    for (const spelling of uniqueSpellings(command, option)) {
      // Values are optional here, so that a missing one is found out later instead of ending the parse.
      const flag = new Option(`${dashes(option, spelling)}${option.form === 'switch' ? '' : ' [value]'}`);
      command.addOption(flag);
      command.on(`option:${flag.name()}`, (value?: string | null) => {
        flags.push({
          option: option.name,
          spelling: `--${spelling.name}`,
          value: option.form === 'switch' ? spelling.switchValue : (value ?? null),
        });
      });
    }
  }
  const { operands, unknown } = command.parseOptions([...argv]);
  const isUnknownFlag = (text: string | undefined): boolean => text !== undefined && /^-./.test(text);
  const awaitsValue = (text: string | undefined): boolean => isUnknownFlag(text) && !text!.includes('=');
  return {
    flags,
    unknownFlags: unknown.filter(isUnknownFlag),
    // What follows an unknown flag is most likely its value.
    operands: [
      ...operands,
      ...unknown.filter((text, at) => !isUnknownFlag(text) && !awaitsValue(unknown[at - 1])),
    ],
  };
}

/** The text of --help. */
export function helpText(definition: ReproducerDefinition): string {
  let text = '';
  const command = argumentParser(definition).configureOutput({ writeOut: part => (text += part) });
  command.outputHelp();
  return text;
}

/** Flags that commander answers by itself when the command is parsed. */
function addInformationFlag(command: Command, option: OptionSpec, version = ''): void {
  const flags = `-${option.shortFlag!}, --${option.name}`;
  if (option.name === 'help') {
    command.addHelpOption(new Option(flags, option.description).helpGroup(option.group));
    return;
  }
  command.version(version, flags, option.description);
  command.options.find(({ long }) => long === '--version')!.helpGroup(option.group);
}

function summaryOf(definition: ReproducerDefinition): string {
  const method = `${definition.name}.${String(definition.processor.method)}`;
  const results = definition.kind === 'reproducer' ? ' and produces what it returns to another topic' : '';
  return `Rebuilds each data file from its chunks on a Kafka topic, runs ${method} on it${results}.`;
}

const footer = `
Durations take a unit (500ms, 30s, 10m, 24h); a plain number is seconds.
Sizes: KiB, MiB, GiB count in 1024s, KB, MB, GB in 1000s; a plain number is
bytes.
Flags may be written with underscores (--group_id), or as in OpenMSIStream.
Environment variables: REPRODUCER_ and the flag's name, REPRODUCER_GROUP_ID for
--group-id. In the configuration file options stand in [reproducer] under their
names: group-id = peaks.
Flags override the environment, which overrides the file, which overrides the
class.`;

function dashes(option: OptionSpec, spelling: Spelling): string {
  const short =
    spelling.name === option.name && option.shortFlag !== undefined ? `-${option.shortFlag}, ` : '';
  return `${short}--${spelling.name}`;
}

/** Those that no earlier option has taken: commander refuses a flag it knows. */
function uniqueSpellings(command: Command, option: OptionSpec): Spelling[] {
  const taken = new Set(command.options.map(({ long }) => long));
  return spellingsOf(option).filter(({ name }) => !taken.has(`--${name}`));
}

function documentedOption(option: OptionSpec, spelling: Spelling): Option {
  const flag = new Option(`${dashes(option, spelling)}${valueText(option)}`, describe(option, spelling));
  if (option.hidden || !spelling.isMain) flag.hideHelp();
  else flag.helpGroup(option.group);
  if (option.form === 'list') {
    flag.argParser((text, before: readonly string[] | undefined) => [...(before ?? []), ...parseList(text)]);
  }
  return flag;
}

function valueText(option: OptionSpec): string {
  switch (option.form) {
    case 'switch':
      return '';
    case 'optional-value':
      return ` [${option.placeholder}]`;
    case 'list':
      return ` <${option.placeholder},...>`;
    case 'value':
      return ` <${option.placeholder}>`;
  }
}

function describe(option: OptionSpec, spelling: Spelling): string {
  const isNegation = spelling.switchValue === 'false';
  const facts = [
    ...(option.choices === undefined ? [] : [`one of ${option.choices.join(', ')}`]),
    ...(option.defaultText === undefined || isNegation ? [] : [`default: ${option.defaultText}`]),
    ...(option.env === undefined || isNegation || option.owner === 'worker' ? [] : [`env: ${option.env}`]),
  ];
  const description = isNegation ? `turns --${option.name} off` : option.description;
  const notes = facts.length === 0 ? '' : `(${facts.join('; ')})`;
  return [description, notes].filter(part => part !== '').join(' ');
}
