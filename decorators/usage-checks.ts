import { suggestion } from '../src/definition/nearest-names.js';
import { foundText, usageText } from '../src/definition/usage-text.js';
import { isDecoratorCall, readDecorated, type DecoratedClass, type DecoratedMember } from './decorated.js';
import { misuse } from './misuse.js';
import type { OptionRules } from './option-rules.js';

/** @throws {DecoratorUsageError} there is a problem */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  // Node prints it after the error's name.
  const heading = `${problems.length} mistakes`;
  throw misuse(problems, problems.length === 1 ? {} : { heading });
}

/**
 * Finds out that a decorator was written without its parentheses: it was then called by the compiler.
 *
 * @param args all arguments of the decorator factory
 * @throws {DecoratorUsageError}
 */
export function requireParentheses(decorator: string, args: readonly unknown[]): void {
  if (!isDecoratorCall(args)) return;
  const { where } = readDecorated(args);
  throw misuse(
    usageText(where, `@${decorator}(…)`, `@${decorator} without parentheses`, `write @${decorator}()`),
  );
}

const kindTexts: Readonly<Record<DecoratedMember['kind'], string>> = {
  method: 'a method',
  property: 'a property',
  accessor: 'an accessor',
  'getter or setter': 'a getter or setter',
};

/** @throws {DecoratorUsageError} the decorator stands on something else than a class */
export function requireClass(decorator: string, args: readonly unknown[]): DecoratedClass {
  const decorated = readDecorated(args);
  if (decorated.kind === 'class') return decorated;
  throw misuse(
    usageText(
      decorated.where,
      `@${decorator} on a class`,
      `it on ${kindTexts[decorated.kind]}`,
      'move it before the class',
    ),
  );
}

/** A member that a decorator can stand on, with somewhere to keep its record. */
export type UsableMember = DecoratedMember & { readonly carrier: object };

/** @throws {DecoratorUsageError} it stands on a class, a static or private member, or one of another kind */
export function requireMember(
  decorator: string,
  args: readonly unknown[],
  kinds: readonly [DecoratedMember['kind'], ...DecoratedMember['kind'][]],
): UsableMember {
  const decorated = readDecorated(args);
  const expected = `@${decorator} on a ${kinds[0]}`;
  const refuse = (found: string, fix: string): never => {
    throw misuse(usageText(decorated.where, expected, found, fix));
  };
  if (decorated.kind === 'class') return refuse('it on the class', `move it before a ${kinds[0]}`);
  if (!kinds.includes(decorated.kind)) {
    return refuse(`it on ${kindTexts[decorated.kind]}`, `move it before a ${kinds[0]}`);
  }
  if (decorated.isStatic) return refuse(`it on a static ${kinds[0]}`, 'remove static');
  if (decorated.isPrivate) return refuse('it on a name with #', 'remove the #, or write private instead');
  const { carrier } = decorated;
  if (carrier === undefined) {
    throw misuse(
      usageText(
        decorated.where,
        `decorator metadata for @${decorator}`,
        'none from this compiler',
        'set "experimentalDecorators": true in tsconfig.json, or use a compiler whose standard decorators have context.metadata',
      ),
    );
  }
  return { ...decorated, carrier };
}

/**
 * Checks a decorator's options key by key; a key with the value undefined counts as left out.
 *
 * @returns one sentence for each mistake
 */
export function optionProblems<T extends object>(
  where: string,
  decorator: string,
  options: unknown,
  rules: OptionRules<T>,
): string[] {
  const subject = `${where}: @${decorator}`;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [usageText(`${subject} options`, 'an object', foundText(options), 'write { … } or leave it out')];
  }
  const names = Object.keys(rules);
  return Object.entries(options).flatMap(([key, value]) => {
    if (!Object.hasOwn(rules, key)) {
      const hint = suggestion(key, names) || `; it knows ${names.join(', ')}`;
      return [`${subject} has no option ${key}${hint}`];
    }
    const { expected, accepts, example } = rules[key as keyof T & string];
    if (value === undefined || accepts(value)) return [];
    return [
      usageText(`${subject} ${key}`, expected, foundText(value), `write for example ${key}: ${example}`),
    ];
  });
}
