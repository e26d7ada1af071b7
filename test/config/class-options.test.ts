import { ArrayMaxSize, IsIn, IsInt, Matches, Max, MaxLength, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { renderConfiguration } from '../../src/config/render-configuration.js';
import { cliOption, definitionOf, problemsOf, resolve } from './resolve.js';

class PeakFinder {
  @IsInt()
  @Min(1)
  minimumHeight = 50;

  smooth = true;

  @ArrayMaxSize(2)
  @MaxLength(3, { each: true })
  tags: string[] = ['raw'];

  @Matches(/^[a-z]+$/, { message: 'the key $value is not made of letters' })
  apiKey?: string = 'none';

  @IsIn(['fast', 'exact'], { message: 'choose a method' })
  method = 'fast';

  since: Date = new Date(0);

  /** Not an option. */
  @Max(10)
  internal = 1;
}

const definition = definitionOf({
  cliOptions: [
    cliOption({ property: 'minimumHeight', name: 'minimum-height', type: 'number', defaultValue: 50 }),
    cliOption({ property: 'smooth', name: 'smooth', type: 'boolean', defaultValue: true, shortFlag: 's' }),
    cliOption({ property: 'tags', name: 'tags', type: 'string[]', defaultValue: ['raw'] }),
    cliOption({ property: 'apiKey', name: 'api-key', secret: true, env: 'ARCHIVE_KEY' }),
    cliOption({
      property: 'method',
      name: 'method',
      defaultValue: 'fast',
      choices: ['fast', 'exact', 'odd'],
    }),
    cliOption({
      property: 'since',
      name: 'since',
      parse: text => {
        const date = new Date(text);
        if (Number.isNaN(date.getTime())) throw new Error('not a date');
        return date;
      },
    }),
  ],
});

const situation = (argv: string[], rest: object = {}) => ({
  definition,
  instance: new PeakFinder(),
  argv: ['--brokers', 'a:1', ...argv],
  ...rest,
});

describe('the options of a class', () => {
  it('keep the values of the class where nothing is given', () => {
    const instance = new PeakFinder();
    expect(resolve(situation([], { instance })).classValues).toEqual({
      minimumHeight: 50,
      smooth: true,
      tags: ['raw'],
      apiKey: 'none',
      method: 'fast',
      since: new Date(0),
    });
    expect(instance).toEqual(new PeakFinder());
  });

  it('are converted and assigned to the instance', () => {
    const instance = new PeakFinder();
    const argv = [
      '--minimum_height',
      '80',
      '--no-smooth',
      '--tags',
      'a,b',
      '--method=exact',
      '--since',
      '2024-05-01',
    ];
    const { classValues } = resolve(situation(argv, { instance, env: { ARCHIVE_KEY: 'abc' } }));
    expect(instance).toMatchObject({
      minimumHeight: 80,
      smooth: false,
      tags: ['a', 'b'],
      apiKey: 'abc',
      method: 'exact',
      since: new Date('2024-05-01'),
    });
    expect(classValues).toMatchObject({ minimumHeight: 80, smooth: false });
  });

  it('may repeat a list', () => {
    expect(resolve(situation(['--tags', 'a', '--tags', 'b'])).classValues).toMatchObject({
      tags: ['a', 'b'],
    });
  });

  it('may stand in a section named as the class, over [reproducer]', () => {
    const content =
      'reproducer:\n  smooth: no\n  method: exact\nPeakFinder:\n  method: fast\n  tags: ["a,b", c]\n';
    const { classValues } = resolve(situation(['--config', 'x.yaml'], { files: { '/lab/x.yaml': content } }));
    expect(classValues).toMatchObject({ smooth: false, method: 'fast', tags: ['a,b', 'c'] });
  });

  it('are checked by the rules of the class, in the names of the flags', () => {
    const argv = ['--minimum-height', '0.5', '--tags', 'abcd,b,c', '--method', 'odd', '--api-key', 'S3CRET'];
    expect(problemsOf(situation(argv))).toEqual([
      '--minimum-height must not be less than 1 and must be an integer number; found "0.5"',
      '--tags: each value in --tags must be shorter than or equal to 3 characters; --tags must contain no more than 2 elements; found "abcd,b,c"',
      '--api-key: the key **** is not made of letters',
      '--method: choose a method; found "odd"',
    ]);
  });

  it('are told where a bad value came from, be it the class itself', () => {
    const instance = Object.assign(new PeakFinder(), { minimumHeight: -1, internal: 11 });
    expect(problemsOf(situation(['--no-smooth'], { instance }))).toEqual([
      '--minimum-height (class PeakFinder) must not be less than 1; found "-1"',
      'PeakFinder.internal must not be greater than 10; found "11"',
    ]);
  });

  it.each([
    [['--minimum-height', 'high'], '--minimum-height must be a number; found "high"'],
    [['--method', 'slow'], '--method must be one of fast, exact, odd; found "slow"'],
    [['--since', 'then'], '--since: not a date; found "then"'],
    [['--minimum-height'], '--minimum-height needs a value: --minimum-height=NUMBER'],
    [['--smooth=perhaps'], '--smooth takes no value; found "perhaps"'],
  ])('%j is refused', (argv, problem) => {
    expect(problemsOf(situation(argv))).toEqual([problem]);
  });

  it('that are switches are read from a file or variable as true or false', () => {
    expect(problemsOf(situation([], { env: { REPRODUCER_SMOOTH: 'perhaps' } }))).toEqual([
      '--smooth (environment REPRODUCER_SMOOTH) must be true or false (also yes/no, on/off, 1/0); found "perhaps"',
    ]);
  });

  it('are told when they are required and missing', () => {
    const required = definitionOf({
      cliOptions: [cliOption({ property: 'apiKey', name: 'api-key', required: true, env: 'ARCHIVE_KEY' })],
    });
    expect(problemsOf(situation([], { definition: required, instance: {} }))).toEqual([
      '--api-key is missing: give --api-key TEXT, set ARCHIVE_KEY, or write api-key into [reproducer] of a --config file',
    ]);
  });

  it('do not show a secret that cannot be parsed', () => {
    const secret = definitionOf({
      cliOptions: [
        cliOption({
          property: 'pin',
          name: 'pin',
          secret: true,
          parse: text => {
            throw new Error(`${text} is bad`);
          },
        }),
      ],
    });
    expect(problemsOf(situation(['--pin', '0123'], { definition: secret, instance: {} }))).toEqual([
      '--pin: cannot be parsed',
    ]);
  });

  it('may have no rules at all', () => {
    const plain = definitionOf({ cliOptions: [cliOption({ property: 'x', name: 'x' })] });
    const instance = { x: 'a' };
    resolve(situation(['--x', 'b'], { definition: plain, instance }));
    expect(instance.x).toBe('b');
  });

  it('that cannot be set are told', () => {
    const plain = definitionOf({ cliOptions: [cliOption({ property: 'x', name: 'x' })] });
    const instance = Object.freeze({ x: 'a' });
    expect(problemsOf(situation(['--x', 'b'], { definition: plain, instance }))).toEqual([
      '--x: cannot be set: the property x is read-only; found "b"',
    ]);
  });
});

it('refuses names that a program gives and that are no options, as its own would then have no effect', () => {
  const overrides = { concurency: 4, minimumHeight: 80, attempts: 2, topic: undefined };
  expect(problemsOf({ ...situation([]), overrides })).toEqual([
    'concurency (program) is no option; did you mean concurrency?',
    "minimumHeight (program) is an option of the class: write argv: ['--minimum-height', …]",
  ]);
});

describe('--print-config', () => {
  it('shows every value and where it came from, and no secret', () => {
    const ini =
      '[broker]\nsecurity.protocol = SASL_SSL\nsasl.mechanism = PLAIN\nsasl.username = lab\nsasl.password = TOPSECRET\n' +
      '[PeakFinder]\nminimum_height = 70\n';
    const resolved = resolve(
      situation(['--config', 'lab', '--n_consumer_threads', '2'], {
        files: { '/lab/lab.config': ini },
        env: { ARCHIVE_KEY: 'hidden' },
      }),
    );
    const text = renderConfiguration(resolved);
    expect(text).not.toMatch(/TOPSECRET|hidden/);
    const lines = text.split('\n').map(line => line.split(/ {2,}/));
    expect(lines).toEqual(
      expect.arrayContaining([
        ['brokers', 'a:1', 'flag --brokers'],
        ['group-id', 'PeakFinder', 'default'],
        ['timeout', 'no limit', 'default'],
        ['sasl.username', 'lab', 'file lab.config:4'],
        ['sasl.password', '****', 'file lab.config:5'],
        ['minimum-height', '70', 'file lab.config:7'],
        ['tags', 'raw', 'class PeakFinder'],
        ['api-key', '****', 'environment ARCHIVE_KEY'],
        ['warning: --n_consumer_threads has no effect: one thread reads all partitions'],
      ]),
    );
  });

  it('shows what a default that depends on other options comes to', () => {
    const valuesWith = (...argv: string[]): Record<string, string> => {
      const { sources } = resolve(situation(argv));
      const names = ['state-topic', 'dead-letter-topic', 'output-dir'];
      const shown = sources.filter(({ name, origin }) => names.includes(name) && origin === 'default');
      return Object.fromEntries(shown.map(({ name, value }) => [name, value]));
    };
    expect(valuesWith('--group-id', 'peaks', '--produce-topic', 'tables')).toEqual({
      'state-topic': 'peaks.files',
      'dead-letter-topic': 'tables.dead-letters',
      'output-dir': '/lab/PeakFinder_output',
    });
    // A group that is new at each start keeps no outcomes.
    expect(valuesWith('--group-id', 'create_new')).toMatchObject({ 'state-topic': 'none' });
    expect(valuesWith('--output-dir', 'x', '--state-topic', 'y', '--dead-letter-topic', 'z')).toEqual({});
  });

  it('aligns its columns', () => {
    const source = { origin: 'default', secret: false };
    const sources = [
      { ...source, name: 'a', value: '' },
      { ...source, name: 'longer', value: 'x' },
    ];
    expect(renderConfiguration({ sources, warnings: [] })).toBe(
      'a       (not set)  default\nlonger  x          default\n',
    );
  });
});
