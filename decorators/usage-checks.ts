import { suggestion } from '../src/definition/nearest-names.js';
import { expectedText, foundText, usageText } from '../src/definition/usage-text.js';
import { readDecorated, type DecoratedClass, type DecoratedMember } from './decorated.js';
import { noteMistakes } from './note-mistakes.js';
import type { OptionRules } from './option-rules.js';

const kindTexts: Readonly<Record<DecoratedMember['kind'], string>> = {
  method: 'a method',
  property: 'a property',
  accessor: 'an accessor',
  'getter or setter': 'a getter or setter',
};

/** The class that a decorator stands on; undefined: it stands on something else, which is noted. */
export function decoratedClass(decorator: string, args: readonly unknown[]): DecoratedClass | undefined {
  const decorated = readDecorated(args);
  if (decorated.kind === 'class') return decorated;
  const found = `it on ${kindTexts[decorated.kind]}`;
  noteMistakes(decorator, decorated, [
    expectedText(`@${decorator} on a class`, found, 'move it before the class'),
  ]);
  return undefined;
}

/** A member that a decorator can stand on, with somewhere to keep its record. */
export type UsableMember = DecoratedMember & { readonly carrier: object };

/**
 * The member that a decorator stands on.
 *
 * @returns undefined, which is noted: it stands on a class, a static or private member, or one of another kind
 * @throws {DecoratorUsageError} the compiler passes nothing that could keep a record
 */
export function decoratedMember(
  decorator: string,
  args: readonly unknown[],
  kinds: readonly [DecoratedMember['kind'], ...DecoratedMember['kind'][]],
): UsableMember | undefined {
  const decorated = readDecorated(args);
  const misplaced = misplacement(decorator, decorated, kinds);
  if (misplaced !== undefined) noteMistakes(decorator, decorated, [misplaced]);
  if (misplaced !== undefined || decorated.kind === 'class' || decorated.carrier === undefined) {
    return undefined;
  }
  return { ...decorated, carrier: decorated.carrier };
}

function misplacement(
  decorator: string,
  decorated: DecoratedClass | DecoratedMember,
  kinds: readonly [DecoratedMember['kind'], ...DecoratedMember['kind'][]],
): string | undefined {
  const expected = `@${decorator} on a ${kinds[0]}`;
  const move = `move it before a ${kinds[0]}`;
  if (decorated.kind === 'class') return expectedText(expected, 'it on the class', move);
  if (!kinds.includes(decorated.kind)) {
    return expectedText(expected, `it on ${kindTexts[decorated.kind]}`, move);
  }
  if (decorated.isStatic) return expectedText(expected, `it on a static ${kinds[0]}`, 'remove static');
  if (decorated.isPrivate) {
    return expectedText(expected, 'it on a name with #', 'remove the #, or write private instead');
  }
  if (decorated.carrier === undefined) {
    return expectedText(
      `decorator metadata for @${decorator}`,
      'none from this compiler',
      'set "experimentalDecorators": true in tsconfig.json, or use a compiler whose standard decorators have context.metadata',
    );
  }
  return undefined;
}

/** Options of a decorator after a look at each key. */
export interface CheckedOptions<T extends object> {
  /** One text for each mistake, without the place. */
  readonly mistakes: readonly string[];
  /** Those that can be, so that they are checked further. */
  readonly usable: T;
}

/** Checks a decorator's options key by key; a key with the value undefined counts as left out. */
export function checkOptions<T extends object>(
  decorator: string,
  options: unknown,
  rules: OptionRules<T>,
): CheckedOptions<T> {
  const subject = `@${decorator}`;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const fix = 'write { … } or leave it out';
    return {
      mistakes: [usageText(`${subject} options`, 'an object', foundText(options), fix)],
      usable: {} as T,
    };
  }
  const names = Object.keys(rules);
  const checked = Object.entries(options as Record<string, unknown>).map(([key, value]) => {
    if (!Object.hasOwn(rules, key)) {
      const hint = suggestion(key, names) || `; it knows ${names.join(', ')}`;
      return { key, value, mistake: `${subject} has no option ${key}${hint}` };
    }
    const { expected, accepts, example } = rules[key as keyof T & string];
    if (value === undefined || accepts(value)) return { key, value };
    const fix = `write for example ${key}: ${example}`;
    return { key, value, mistake: usageText(`${subject} ${key}`, expected, foundText(value), fix) };
  });
  return {
    mistakes: checked.flatMap(({ mistake }) => mistake ?? []),
    usable: Object.fromEntries(
      checked.filter(({ mistake }) => mistake === undefined).map(({ key, value }) => [key, value]),
    ) as T,
  };
}
