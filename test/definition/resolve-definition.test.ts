import { describe, expect, it } from 'vitest';
import { CliOption, FileProcessor, Processor, Reproducer } from '../../decorators/index.js';
import { ownCliOptions, ownProcessors, recordProcessor } from '../../src/definition/metadata-store.js';
import type { ReproducerClass, ReproducerDefinition } from '../../src/definition/reproducer-definition.js';
import { resolveDefinition } from '../../src/definition/resolve-definition.js';
import { DecoratorUsageError } from '../../src/errors.js';

const reserved = { long: new Set(['limit', 'no-color', 'group-id']), short: new Set(['h']) };

function resolve(target: new () => object): ReproducerDefinition {
  return resolveDefinition(target, new target(), reserved);
}

function problemsOf(target: new () => object): readonly string[] {
  try {
    resolve(target);
  } catch (error) {
    if (error instanceof DecoratorUsageError) return error.problems;
    throw error;
  }
  return [];
}

/** A class that is right, for tests to add a mistake. */
@Reproducer('files', 'results')
class Right {
  @Processor()
  process(): void {}
}

describe('a class that cannot be run', () => {
  it('gets one error with all its problems', () => {
    class PeakFinder {
      @CliOption()
      limit = 5;

      @CliOption()
      since?: string;
    }
    expect(() => resolve(PeakFinder)).toThrow(
      new DecoratorUsageError(
        [
          "PeakFinder: expected @Reproducer or @FileProcessor on the class, found neither on it nor on a class that it extends; write @Reproducer('files', 'results') before the class",
          'PeakFinder: expected one method with @Processor, found none; write @Processor() before the method that gets each file',
          "PeakFinder.since: expected an initial value, found undefined; give one, or the type, as in @CliOption({ type: 'string' })",
          'PeakFinder.limit: --limit belongs to every worker; give this property another flag',
        ],
        { heading: 'class PeakFinder cannot be run:' },
      ),
    );
  });

  it('gets what its decorators found when they were applied with what only an instance shows', () => {
    class Base {
      @CliOption('--Smooth')
      smooth = true;
    }
    @Reproducer('no topic', undefined, { attempts: 0, deliver: 'twice' } as object)
    class PeakFinder extends Base {
      @CliOption('--Minimum_height', { choices: ['low'] })
      minimumHeight = 'tall';

      @CliOption({ env: 'A-B', choices: ['xy'] })
      format?: string;

      @Processor({ atempts: 1 } as object)
      first(): void {}

      @Processor({ concurrency: 0 })
      second(): void {}
    }
    expect(problemsOf(PeakFinder)).toEqual([
      "Base.smooth: @CliOption flags: expected a long flag of small letters, digits and single dashes, found '--Smooth'; write '--smooth'",
      expect.stringMatching(/^PeakFinder: @Reproducer consumeTopic: expected a topic name /),
      expect.stringMatching(/^PeakFinder: @Reproducer attempts: expected a whole number from 1, found 0; /),
      'PeakFinder: @Reproducer has no option deliver; did you mean delivery?',
      expect.stringMatching(/^PeakFinder\.minimumHeight: @CliOption flags: .*; write '--minimum-height'$/),
      expect.stringMatching(
        /^PeakFinder\.format: @CliOption env: expected the name of an environment variable/,
      ),
      'PeakFinder.first: @Processor has no option atempts; did you mean attempts?',
      expect.stringMatching(/^PeakFinder\.second: @Processor concurrency: /),
      'PeakFinder: expected one method with @Processor, found 2 (PeakFinder.first, PeakFinder.second); remove @Processor from all but one',
      "PeakFinder.minimumHeight: expected an initial value among its choices (low), found 'tall'; add it to them or change it",
      "PeakFinder.format: expected an initial value, found undefined; give one, or the type, as in @CliOption({ type: 'string' })",
    ]);
  });

  it('has decorators at the wrong place, and nothing is missing for that reason', () => {
    class PeakFinder {
      readonly unit = 'cm';
      static findPeaks(): void {}
    }
    const misplaced = Processor() as unknown as (...args: unknown[]) => void;
    misplaced(PeakFinder, 'findPeaks', Object.getOwnPropertyDescriptor(PeakFinder, 'findPeaks'));
    (Reproducer as unknown as (target: object) => void)(PeakFinder);
    expect(problemsOf(PeakFinder)).toEqual([
      'PeakFinder: expected @Reproducer(…), found @Reproducer without parentheses; write @Reproducer()',
      'PeakFinder.findPeaks: expected @Processor on a method, found it on a static method; remove static',
    ]);
  });

  it('has two methods', () => {
    @Reproducer()
    class Two {
      @Processor() first(): void {}
      @Processor() second(): void {}
    }
    expect(problemsOf(Two)).toEqual([
      'Two: expected one method with @Processor, found 2 (Two.first, Two.second); remove @Processor from all but one',
    ]);
  });

  it('adds a method to the inherited one', () => {
    class Added extends Right {
      @Processor() other(): void {}
    }
    expect(problemsOf(Added)).toEqual([
      'Added: expected one method with @Processor, found 2 (Right.process, Added.other); override process instead of adding a method, or remove @Processor from all but one',
    ]);
  });

  it('assigns something to the method', () => {
    class Assigned extends Right {
      constructor() {
        super();
        Object.assign(this, { process: 5 });
      }
    }
    expect(problemsOf(Assigned)).toEqual([
      'Right.process: expected the @Processor method on the instance, found 5; do not assign to it',
    ]);
  });

  it('has no name', () => {
    const anonymous = [
      class {
        process(): void {}
      },
    ][0]!;
    Reproducer()(anonymous);
    recordProcessor(anonymous, { method: 'process', options: {} });
    expect(problemsOf(anonymous)).toContain(
      "the class: expected a name, found none; name it, or give name: 'my-worker' to its decorator",
    );
  });

  it('has options whose type cannot be', () => {
    class Types extends Right {
      @CliOption() none = null;
      @CliOption() date = new Date(0);
      @CliOption() numbers = [1, 2];
      @CliOption({ type: 'number' }) text = '5';
      @CliOption({ choices: ['a', 'b'] }) letter = 'c';
      @CliOption({ choices: ['a', 'b'] }) letters = ['a', 'd'];
      @CliOption({ choices: ['yes', 'no'] }) smooth = true;
    }
    expect(problemsOf(Types)).toEqual([
      "Types.none: expected an initial value, found null; give one, or the type, as in @CliOption({ type: 'string' })",
      'Types.date: expected an initial value of type string, number, boolean, string[], found a Date; give parse, which makes it from text',
      'Types.numbers: expected an initial value of type string, number, boolean, string[], found an array of number; give parse, which makes it from text',
      "Types.text: expected an initial value of type number, as type says, found '5'; remove the type, or write type: 'string'",
      "Types.letter: expected an initial value among its choices (a, b), found 'c'; add it to them or change it",
      "Types.letters: expected an initial value among its choices (a, b), found 'd'; add it to them or change it",
      'Types.smooth: expected a value that can be one of several, for its choices, found a switch; remove choices, or make the initial value a string',
    ]);
  });

  it('has flags or variables with two meanings', () => {
    class Base extends Right {
      @CliOption('-h, --height') height = 1;
      @CliOption('-x') smooth = true;
      @CliOption() color = true;
    }
    class Clash extends Base {
      @CliOption('-x, --height') tall = 1;
      @CliOption('--no-smooth') rough = 'no';
      @CliOption({ env: 'REPRODUCER_GROUP_ID' }) group = '';
    }
    expect(problemsOf(Clash)).toEqual([
      'Base.color: --no-color belongs to every worker; give this property another flag',
      'Clash.tall: --height belongs to Base.height already; give this property another flag',
      'Clash.rough: --no-smooth belongs to Base.smooth already; give this property another flag',
      'Base.height: -h belongs to every worker; give this property another letter or none',
      'Clash.tall: -x belongs to Base.smooth already; give this property another letter or none',
      'Clash.group: REPRODUCER_GROUP_ID belongs to every worker; give this property another env',
    ]);
  });
});

describe('inheritance', () => {
  it('leaves the records of the base alone', () => {
    class Base extends Right {
      @CliOption() height = 1;
    }
    const before = resolve(Base);
    class Sub extends Base {
      @CliOption() width = 2;
      @CliOption() override height = 3;
      @Processor({ attempts: 2 }) override process(): void {}
    }
    expect(resolve(Sub).cliOptions.map(({ property, declaredBy }) => `${declaredBy}.${property}`)).toEqual([
      'Sub.height',
      'Sub.width',
    ]);
    expect(resolve(Base)).toEqual(before);
    expect(ownCliOptions(Base)).toHaveLength(1);
    expect(ownProcessors(Base)).toEqual([]);
  });

  it('lets a class with results be used without them', () => {
    @FileProcessor(undefined, { concurrency: 3 })
    class Archive extends Right {}
    expect(resolve(Archive)).toMatchObject({
      kind: 'file-processor',
      consumeTopic: 'files',
      name: 'Archive',
      options: { concurrency: 3 },
    });
    expect(resolve(Archive)).not.toHaveProperty('produceTopic');
  });

  it('keeps the name only where a foreign decorator wraps the class namelessly', () => {
    @Reproducer('a', 'b', { name: 'peaks' })
    class Named extends Right {}
    const wrapped = [class extends (Named as new () => Named) {}][0]!;
    Object.defineProperty(wrapped, 'name', { value: '' });
    class Sub extends Named {}
    expect([Named, wrapped, Sub].map(target => resolve(target).name)).toEqual(['peaks', 'peaks', 'Sub']);
  });
});

it('needs no types that a compiler emits', () => {
  class Untyped extends Right {}
  Object.assign(Untyped.prototype, { height: 1 });
  CliOption()(Untyped.prototype, 'height');
  expect(resolve(Untyped).cliOptions).toMatchObject([
    { property: 'height', type: 'number', defaultValue: 1 },
  ]);
});

it('gives the defaults of an instance that create made', () => {
  class Made extends Right {
    @CliOption({ type: 'number' }) height?: number;
    constructor(height?: number) {
      super();
      if (height !== undefined) this.height = height;
    }
  }
  const target: ReproducerClass = Made;
  expect(resolveDefinition(target, new Made(7), reserved).cliOptions[0]!.defaultValue).toBe(7);
  expect(resolveDefinition(target, new Made(), reserved).cliOptions[0]!.defaultValue).toBeUndefined();
});
