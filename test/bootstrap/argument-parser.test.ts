import { describe, expect, it } from 'vitest';
import { argumentParser, helpText, readCommandLine } from '../../src/bootstrap/argument-parser.js';
import { hasFlag } from '../../src/config/command-line.js';
import { workerOptions } from '../../src/config/option-table.js';
import { cliOption, definitionOf } from '../config/resolve.js';

const definition = definitionOf({
  options: { attempts: 5 },
  cliOptions: [
    cliOption({
      property: 'minimumHeight',
      name: 'minimum-height',
      type: 'number',
      defaultValue: 50,
      description: 'Smallest height that counts as a peak',
    }),
    cliOption({ property: 'smooth', name: 'smooth', shortFlag: 's', type: 'boolean', defaultValue: true }),
    cliOption({ property: 'fast', name: 'fast', type: 'boolean', defaultValue: false }),
    cliOption({
      property: 'tags',
      name: 'tags',
      type: 'string[]',
      defaultValue: ['raw'],
      declaredBy: 'Base',
    }),
    cliOption({
      property: 'apiKey',
      name: 'api-key',
      secret: true,
      required: true,
      group: 'Archive',
      env: 'KEY',
    }),
    cliOption({ property: 'debug', name: 'debug-file', hidden: true }),
  ],
});

const read = (...argv: string[]) => readCommandLine(definition, argv);

describe('readCommandLine', () => {
  it('tells each flag as it was typed', () => {
    const argv = [
      '--brokers',
      'a:1',
      '--consumer_topic_name=in',
      '--minimum_height',
      '-5',
      '--until-idle',
      '-s',
    ];
    expect(read(...argv)).toEqual({
      flags: [
        { option: 'brokers', spelling: '--brokers', value: 'a:1' },
        { option: 'consume-topic', spelling: '--consumer_topic_name', value: 'in' },
        { option: 'minimum-height', spelling: '--minimum_height', value: '-5' },
        { option: 'until-idle', spelling: '--until-idle', value: null },
        { option: 'smooth', spelling: '--smooth', value: 'true' },
      ],
      unknownFlags: [],
      operands: [],
    });
  });

  it.each([
    ['--smooth', 'true'],
    ['--no-smooth', 'false'],
    ['--no_smooth', 'false'],
    ['--fast', 'true'],
    ['--no-fast', 'false'],
  ])('%s is %s', (flag, value) => {
    expect(read(flag).flags.map(occurrence => occurrence.value)).toEqual([value]);
  });

  it('does not take the next flag for a missing value', () => {
    expect(read('--brokers', '--check').flags).toEqual([
      { option: 'brokers', spelling: '--brokers', value: null },
      { option: 'check', spelling: '--check', value: 'true' },
    ]);
  });

  it('takes a value that begins with a dash after =', () => {
    expect(read('--api-key=--x').flags).toEqual([{ option: 'api-key', spelling: '--api-key', value: '--x' }]);
  });

  it('collects what it does not know, without the value that probably belongs to it', () => {
    const { flags, unknownFlags, operands } = read(
      'first',
      '--wat',
      '3',
      '--so=4',
      'last',
      '--limit',
      '2',
      '-q',
    );
    expect({ unknownFlags, operands }).toEqual({
      unknownFlags: ['--wat', '--so=4', '-q'],
      operands: ['first', 'last'],
    });
    expect(flags).toEqual([{ option: 'limit', spelling: '--limit', value: '2' }]);
  });

  it('takes all after -- for arguments', () => {
    expect(read('--', '--limit').operands).toEqual(['--limit']);
  });

  it('knows every option of the table in kebab-case and snake_case', () => {
    for (const option of workerOptions) {
      for (const name of [option.name, option.name.replaceAll('-', '_')]) {
        expect(read(`--${name}`).flags).toMatchObject([{ option: option.name, spelling: `--${name}` }]);
      }
    }
  });

  it.each([
    [['-h'], 'help'],
    [['--limit', 'x', '--help'], 'help'],
    [['-V'], 'version'],
  ])('hears %j', (argv, flag) => {
    expect(hasFlag(read(...argv), flag)).toBe(true);
    expect(hasFlag(read(), flag)).toBe(false);
  });

  it('does not offer the topic of results to a class without them, and knows it all the same', () => {
    const processor = definitionOf({ kind: 'file-processor' });
    expect(helpText(processor)).not.toContain('--produce-topic');
    expect(readCommandLine(processor, ['--producer_topic_name', 'x']).unknownFlags).toEqual([]);
  });
});

describe('--help', () => {
  const help = helpText(definition);
  const lines = help.split('\n');

  it('says what the class does', () => {
    expect(help).toMatch(/^Usage: PeakFinder \[options\]\n/);
    expect(help.replace(/\s+/g, ' ')).toContain(
      'Rebuilds each data file from its chunks on a Kafka topic, runs PeakFinder.findPeaks on it and produces what it returns to another topic.',
    );
  });

  it('lists the options of every worker, then those of the class, under headings', () => {
    const headings = lines.filter(line => /^\S.*:$/.test(line));
    expect(headings).toEqual([
      'Topics and brokers:',
      'Files and the method:',
      'What is taken from the topic:',
      'Reading from Kafka:',
      'Running:',
      'Watching it:',
      'Information:',
      'PeakFinder options:',
      'Archive:',
    ]);
    for (const option of workerOptions) expect(help).toContain(`--${option.name}`);
  });

  it('shows defaults, those of the class included, and variables', () => {
    const text = help.replace(/\s+/g, ' ');
    expect(text).toContain('--attempts <N> calls of the method before a file is given up (default: 5)');
    expect(text).toContain('topic for the results (default: peak-tables)');
    expect(text).toContain('(default: PeakFinder)');
    expect(text).toContain(
      '--minimum-height <NUMBER> Smallest height that counts as a peak (default: 50; env: REPRODUCER_MINIMUM_HEIGHT)',
    );
    expect(text).toContain('--tags <TEXT,...> (default: raw; env: REPRODUCER_TAGS)');
    expect(text).toContain('--api-key <TEXT> (required) (env: KEY)');
  });

  it('shows --no-x for what is on, and hides other spellings', () => {
    expect(help).toContain('--no-smooth');
    expect(help).not.toContain('--no-fast');
    expect(help).not.toMatch(/--(minimum_height|consumer_topic_name|debug-file)/);
  });

  it('fits 100 columns', () => {
    expect(lines.filter(line => line.length > 100)).toEqual([]);
  });
});

describe('argumentParser', () => {
  it('gives a command that can be extended and parsed', () => {
    const command = argumentParser(definition).option('--extra <TEXT>', 'of another program');
    const argv = [
      '--consumer_topic_name',
      'in',
      '--no_smooth',
      '--tags',
      'a,b',
      '--tags',
      'c',
      '--extra',
      'x',
    ];
    expect(command.parse(argv, { from: 'user' }).opts()).toMatchObject({
      consumeTopic: 'in',
      smooth: false,
      tags: ['a', 'b', 'c'],
      extra: 'x',
    });
  });

  it('prints the version it is given', () => {
    let printed = '';
    const command = argumentParser(definition, '1.2.3')
      .exitOverride()
      .configureOutput({ writeOut: text => (printed += text) });
    expect(() => command.parse(['--version'], { from: 'user' })).toThrow();
    expect(printed).toBe('1.2.3\n');
  });

  it('refuses an unknown flag by the rules of commander', () => {
    const command = argumentParser(definition)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    expect(() => command.parse(['--wat'], { from: 'user' })).toThrow("unknown option '--wat'");
  });
});
