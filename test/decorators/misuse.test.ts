import { describe, expect, it } from 'vitest';
import { CliOption, FileProcessor, Processor, Reproducer } from '../../decorators/index.js';
import { mistakeTexts } from '../../src/definition/declared-mistakes.js';
import { readDeclarations } from '../../src/definition/metadata-store.js';
import type { ReproducerClass } from '../../src/definition/reproducer-definition.js';
import { DecoratorUsageError } from '../../src/errors.js';

type AnyDecorator = (...args: unknown[]) => unknown;

/** Calls that the compiler refuses, as plain JavaScript or a cast gets them through. */
const anyProcessor = Processor as unknown as (...args: unknown[]) => AnyDecorator;
const anyOption = CliOption as unknown as (...args: unknown[]) => AnyDecorator;
const anyReproducer = Reproducer as unknown as (...args: unknown[]) => AnyDecorator;
const anyFileProcessor = FileProcessor as unknown as (...args: unknown[]) => AnyDecorator;

/** What legacy compilers do with a member decorator. */
function decorate(decorator: AnyDecorator, member: string | symbol, isStatic = false): ReproducerClass {
  class PeakFinder {
    static create(): void {}
    findPeaks(): void {}
    get height(): number {
      return 1;
    }
  }
  const target = isStatic ? PeakFinder : PeakFinder.prototype;
  expect(decorator(target, member, Object.getOwnPropertyDescriptor(target, member))).toBeUndefined();
  return PeakFinder;
}

function decorateClass(...decorators: AnyDecorator[]): ReproducerClass {
  class PeakFinder {
    findPeaks(): void {}
  }
  for (const decorator of decorators) expect(decorator(PeakFinder)).toBeUndefined();
  return PeakFinder;
}

/** What the decorators have kept, to be told when the class is run. */
function problemsOf(decorated: () => ReproducerClass): readonly string[] {
  return mistakeTexts(readDeclarations(decorated()));
}

describe('@Processor', () => {
  it.each<[string, () => ReproducerClass, string[]]>([
    [
      'a static method',
      () => decorate(anyProcessor(), 'create', true),
      ['PeakFinder.create: expected @Processor on a method, found it on a static method; remove static'],
    ],
    [
      'a property',
      () => decorate(anyProcessor(), 'property'),
      [
        'PeakFinder.property: expected @Processor on a method, found it on a property; move it before a method',
      ],
    ],
    [
      'a class',
      () => decorateClass(anyProcessor()),
      ['PeakFinder: expected @Processor on a method, found it on the class; move it before a method'],
    ],
    [
      'a method, without parentheses',
      () => decorate(anyProcessor, 'findPeaks'),
      [
        'PeakFinder.findPeaks: expected @Processor(…), found @Processor without parentheses; write @Processor()',
      ],
    ],
    [
      'a method, with options that cannot be',
      () => decorate(anyProcessor({ atempts: 1, concurrency: 0, match: 5, timeoutMs: 0 }), 'findPeaks'),
      [
        'PeakFinder.findPeaks: @Processor has no option atempts; did you mean attempts?',
        'PeakFinder.findPeaks: @Processor concurrency: expected a whole number from 1, found 0; write for example concurrency: 4',
        "PeakFinder.findPeaks: @Processor match: expected a glob or a RegExp, found 5; write for example match: '**/*.csv'",
        'PeakFinder.findPeaks: @Processor timeoutMs: expected milliseconds from 1, found 0; write for example timeoutMs: 30_000',
      ],
    ],
    [
      'a method, with something else than options',
      () => decorate(anyProcessor('exclusive'), 'findPeaks'),
      [
        "PeakFinder.findPeaks: @Processor options: expected an object, found 'exclusive'; write { … } or leave it out",
      ],
    ],
  ])('refuses %s', (_name, action, problems) => {
    expect(problemsOf(action)).toEqual(problems);
  });

  it('refuses a second one on the same method', () => {
    class PeakFinder {
      findPeaks(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(PeakFinder.prototype, 'findPeaks');
    anyProcessor()(PeakFinder.prototype, 'findPeaks', descriptor);
    anyProcessor()(PeakFinder.prototype, 'findPeaks', descriptor);
    expect(problemsOf(() => PeakFinder)).toEqual([
      'PeakFinder.findPeaks: expected one @Processor, found a second; remove one of them',
    ]);
  });

  it('takes options with the value undefined as left out', () => {
    expect(
      problemsOf(() => decorate(anyProcessor({ attempts: undefined, timeoutMs: 5 }), 'findPeaks')),
    ).toEqual([]);
  });
});

describe('@CliOption', () => {
  const flagsProblem = (flags: unknown, property = 'minimumHeight'): readonly string[] =>
    problemsOf(() => decorate(anyOption(flags), property));

  it.each<[unknown, string]>([
    ['', "expected a text, found ''; write for example '--minimum-height'"],
    [5, "expected a text, found 5; write for example '--minimum-height'"],
    [
      '--minimum_height',
      "expected a long flag of small letters, digits and single dashes, found '--minimum_height'; write '--minimum-height'",
    ],
    [
      '--min <n>',
      "expected one long flag, one letter with a dash, or both, found '--min <n>'; " +
        "write for example '-m, --minimum-height'; the value's place is added by itself",
    ],
    [
      '-min',
      "expected one long flag, one letter with a dash, or both, found '-min'; " +
        "write for example '-m, --minimum-height'; the value's place is added by itself",
    ],
  ])('refuses the flags %j', (flags, problem) => {
    expect(flagsProblem(flags)).toEqual([`PeakFinder.minimumHeight: @CliOption flags: ${problem}`]);
  });

  it.each(['-m', '--min', '-m, --min', '--min, -m', '-m --min', undefined])('takes the flags %j', flags => {
    expect(flagsProblem(flags)).toEqual([]);
  });

  it('asks for flags where the property cannot be one', () => {
    expect(flagsProblem(undefined, 'größe')).toEqual([
      "PeakFinder.größe: @CliOption flags: expected flags, because größe cannot be one, found undefined; give flags, as in @CliOption('--minimum-height')",
    ]);
  });

  it('refuses methods, accessors, static and symbol properties', () => {
    expect(
      [
        () => decorate(anyOption(), 'findPeaks'),
        () => decorate(anyOption(), 'height'),
        () => decorate(anyOption(), 'count', true),
        () => decorate(anyOption(), Symbol('height')),
        () => decorate(anyOption as AnyDecorator, 'minimumHeight'),
      ].flatMap(problemsOf),
    ).toEqual([
      'PeakFinder.findPeaks: expected @CliOption on a property, found it on a method; move it before a property',
      'PeakFinder.height: expected @CliOption on a property, found it on a getter or setter; move it before a property',
      'PeakFinder.count: expected @CliOption on a property, found it on a static property; remove static',
      'PeakFinder.Symbol(height): expected @CliOption on a property with a name, found it on a symbol; give the property a name',
      'PeakFinder.minimumHeight: expected @CliOption(…), found @CliOption without parentheses; write @CliOption()',
    ]);
  });

  it('tells all mistakes of one call at once', () => {
    const options = { type: 'date', choices: [], requird: true, env: 'A-B', parse: 1 };
    expect(problemsOf(() => decorate(anyOption('--Min', options), 'minimum'))).toEqual([
      "PeakFinder.minimum: @CliOption flags: expected a long flag of small letters, digits and single dashes, found '--Min'; write '--min'",
      "PeakFinder.minimum: @CliOption type: expected one of 'string', 'number', 'boolean', 'string[]', found 'date'; write for example type: 'string'",
      "PeakFinder.minimum: @CliOption choices: expected an array of texts, each once, found an empty array; write for example choices: ['fast', 'exact']",
      'PeakFinder.minimum: @CliOption has no option requird; did you mean required?',
      "PeakFinder.minimum: @CliOption env: expected the name of an environment variable, found 'A-B'; write for example env: 'LAB_API_KEY'",
      'PeakFinder.minimum: @CliOption parse: expected a function from text to a value, found 1; write for example parse: text => new Date(text)',
    ]);
  });

  it('refuses a compiler whose standard decorators pass no metadata', () => {
    const context = { kind: 'field', name: 'height', static: false, private: false, addInitializer() {} };
    expect(() => anyOption()(undefined, context)).toThrow(
      new DecoratorUsageError(
        'height: expected decorator metadata for @CliOption, found none from this compiler; set "experimentalDecorators": true ' +
          'in tsconfig.json, or use a compiler whose standard decorators have context.metadata',
      ),
    );
  });
});

describe('@Reproducer and @FileProcessor', () => {
  it('refuse what is not a class, and missing parentheses', () => {
    expect(
      [
        () => decorate(anyReproducer(), 'findPeaks'),
        () => decorate(anyFileProcessor(), 'property'),
        () => decorateClass(anyReproducer as AnyDecorator),
        () => decorateClass(anyFileProcessor as AnyDecorator),
      ].flatMap(problemsOf),
    ).toEqual([
      'PeakFinder.findPeaks: expected @Reproducer on a class, found it on a method; move it before the class',
      'PeakFinder.property: expected @FileProcessor on a class, found it on a property; move it before the class',
      'PeakFinder: expected @Reproducer(…), found @Reproducer without parentheses; write @Reproducer()',
      'PeakFinder: expected @FileProcessor(…), found @FileProcessor without parentheses; write @FileProcessor()',
    ]);
  });

  it('tell all mistakes of one call at once', () => {
    const options = { memoryBudget: 0, delivery: 'twice', name: '', groupID: 'a' };
    expect(problemsOf(() => decorateClass(anyReproducer('', { name: 'a' }, options)))).toEqual([
      "PeakFinder: @Reproducer consumeTopic: expected a topic name (1 to 249 letters, digits, '.', '_' and '-'), found ''; name a topic, or write undefined and give --consume-topic at start",
      "PeakFinder: @Reproducer produceTopic: expected a topic name (1 to 249 letters, digits, '.', '_' and '-'), found an object; name a topic, or write undefined and give --produce-topic at start",
      "PeakFinder: @Reproducer memoryBudget: expected a number of bytes or a text with a unit, found 0; write for example memoryBudget: '256MiB'",
      "PeakFinder: @Reproducer delivery: expected one of 'at-least-once', 'exactly-once', found 'twice'; write for example delivery: 'at-least-once'",
      "PeakFinder: @Reproducer name: expected a text that is not empty, found ''; write for example name: 'peak-finder'",
      'PeakFinder: @Reproducer has no option groupID; did you mean groupId?',
    ]);
  });

  it('refuse to stand on one class twice', () => {
    expect(problemsOf(() => decorateClass(anyReproducer(), anyFileProcessor()))).toEqual([
      'PeakFinder: expected one @Reproducer or @FileProcessor, found a second after @Reproducer; remove one of them',
    ]);
  });
});
