import { recordMistake } from '../src/definition/metadata-store.js';
import { expectedText } from '../src/definition/usage-text.js';
import { isDecoratorCall, readDecorated, type Decorated } from './decorated.js';
import { misuse } from './misuse.js';

/**
 * Keeps what is wrong with a decorator until the class is run: one error then tells the mistakes of all its decorators, together
 * with what only an instance shows.
 *
 * @param texts what was expected, what was found and what to do, but not where
 * @throws {DecoratorUsageError} at once where nothing can be kept: the compiler passes no metadata
 */
export function noteMistakes(decorator: string, decorated: Decorated, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const isClass = decorated.kind === 'class';
  const carrier = isClass ? decorated.target : decorated.carrier;
  if (carrier === undefined) {
    const problems = texts.map(text => `${decorated.where}: ${text}`);
    throw misuse(problems, problems.length === 1 ? {} : { heading: `${problems.length} mistakes` });
  }
  const member = isClass ? {} : { member: String(decorated.name) };
  for (const text of texts) recordMistake(carrier, { decorator, ...member, text });
}

/**
 * Finds out that a decorator was written without its parentheses: it was then called by the compiler. That is noted as a mistake.
 *
 * @param args all arguments of the decorator factory
 */
export function lacksParentheses(decorator: string, args: readonly unknown[]): boolean {
  if (!isDecoratorCall(args)) return false;
  const fix = `write @${decorator}()`;
  const text = expectedText(`@${decorator}(…)`, `@${decorator} without parentheses`, fix);
  noteMistakes(decorator, readDecorated(args), [text]);
  return true;
}
