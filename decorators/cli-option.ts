import type { CliOptionOptions } from '../src/definition/decorator-options.js';
import { explainMissingLegacyDecorators } from '../src/definition/missing-legacy-decorators.js';
import { ownCliOptions, recordCliOption } from '../src/definition/metadata-store.js';
import { cliOptionTypes } from '../src/definition/reproducer-definition.js';
import { expectedText } from '../src/definition/usage-text.js';
import type { InstanceTarget, NamedInstanceMember } from './member-types.js';
import { lacksParentheses, noteMistakes } from './note-mistakes.js';
import { functionOf, oneOf, text, texts, yesOrNo, type OptionRules } from './option-rules.js';
import { parseFlagsText } from './parse-flags-text.js';
import { checkOptions, decoratedMember } from './usage-checks.js';

/** A decorator for a property of an instance, in both dialects. */
export interface CliOptionDecorator {
  /** Standard. */
  <This, V>(value: undefined, context: ClassFieldDecoratorContext<This, V> & NamedInstanceMember): void;
  /** Standard, `accessor minimumHeight = 50`. */
  <This, V>(
    value: ClassAccessorDecoratorTarget<This, V>,
    context: ClassAccessorDecoratorContext<This, V> & NamedInstanceMember,
  ): void;
  /** Legacy: only methods and accessors have a descriptor. */
  (target: InstanceTarget, property: string, descriptor?: undefined): void;
}

const optionRules: OptionRules<CliOptionOptions> = {
  // An empty text is as good as none.
  description: { ...text('in counts'), expected: 'a text', accepts: value => typeof value === 'string' },
  type: oneOf(...cliOptionTypes),
  choices: texts("['fast', 'exact']"),
  required: yesOrNo,
  env: {
    expected: 'the name of an environment variable',
    accepts: value => typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value),
    example: "'LAB_API_KEY'",
  },
  secret: yesOrNo,
  hidden: yesOrNo,
  group: text('Peaks'),
  parse: functionOf('a function from text to a value', 'text => new Date(text)'),
};

/**
 * Makes a property an option of the command line, the environment and the configuration file.
 *
 * Its initial value is the default and tells the type: number, boolean, string or string[]. class-validator decorators on the
 * same property check what is given. A subclass inherits the option; it may assign another initial value, or decorate the
 * property again, which replaces all settings.
 *
 * @param flags - `'-m, --minimum-height'`, either of them, or nothing: the property's name in kebab-case
 */
export function CliOption(flags?: string, options?: CliOptionOptions): CliOptionDecorator;
export function CliOption(options: CliOptionOptions): CliOptionDecorator;
export function CliOption(...given: readonly unknown[]): CliOptionDecorator {
  if (lacksParentheses('CliOption', given)) return undefined as never;
  // Called before the rules on the same property are applied.
  explainMissingLegacyDecorators();
  const isOptionsAlone = given.length === 1 && typeof given[0] === 'object' && given[0] !== null;
  const [flags, options = {}] = isOptionsAlone ? [undefined, given[0]] : given;
  return (...args: readonly unknown[]): void => {
    const decorated = decoratedMember('CliOption', args, ['property', 'accessor']);
    if (decorated === undefined) return;
    const { carrier, name: property } = decorated;
    if (typeof property === 'symbol') {
      const fix = 'give the property a name';
      const text = expectedText('@CliOption on a property with a name', 'it on a symbol', fix);
      return noteMistakes('CliOption', decorated, [text]);
    }
    const parsed = parseFlagsText(property, flags);
    const { mistakes, usable } = checkOptions('CliOption', options, optionRules);
    const isRepeated = ownCliOptions(carrier).some(record => record.property === property);
    noteMistakes('CliOption', decorated, [
      ...(parsed.kind === 'problem' ? [parsed.text] : []),
      ...mistakes,
      ...(isRepeated ? [expectedText('one @CliOption', 'a second', 'remove one of them')] : []),
    ]);
    if (isRepeated) return;
    const names = parsed.kind === 'problem' ? {} : parsed.flags;
    recordCliOption(carrier, { property, ...names, options: usable });
  };
}
