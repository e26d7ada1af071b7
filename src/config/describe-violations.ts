import { validateSync, type ValidationError } from 'class-validator';

/** What one property breaks, without its name in front: `must not be less than 1`. */
export interface Violation {
  readonly property: string;
  /** To stand after the flag's name and a space, or a colon where `isSentence`. */
  readonly text: string;
  /** The text is a sentence of its own. */
  readonly isSentence: boolean;
  readonly value: unknown;
}

/**
 * Runs class-validator on an object. Rules that answer with a promise are not waited for: configuration is checked before
 * anything runs.
 *
 * @param shownName the name to print in place of a property's, where a message holds it.
 */
export function violationsOf(object: object, shownName: (property: string) => string): Violation[] {
  // A class without any rule is fine: not every class checks its options.
  const errors = validateSync(object, { forbidUnknownValues: false });
  return errors.flatMap(error => violations(error, shownName));
}

function violations(error: ValidationError, shownName: (property: string) => string): Violation[] {
  const { property } = error;
  const messages = [...new Set([...Object.values(error.constraints ?? {}), ...nestedMessages(error)])];
  if (messages.length === 0) return [];
  const value: unknown = error.value;
  const start = `${property} `;
  if (messages.every(message => message.startsWith(start))) {
    const text = messages.map(message => message.slice(start.length)).join(' and ');
    return [{ property, text, isSentence: false, value }];
  }
  const text = messages.map(message => renamed(message, property, shownName(property))).join('; ');
  return [{ property, text, isSentence: true, value }];
}

/** Only where class-validator's own wording puts the name: in a user's sentence the word may mean something else. */
function renamed(message: string, property: string, name: string): string {
  for (const start of ['', 'each value in ']) {
    if (message.startsWith(`${start}${property} `)) {
      return start + name + message.slice(start.length + property.length);
    }
  }
  return message;
}

function nestedMessages(error: ValidationError): string[] {
  return (error.children ?? []).flatMap(child => [
    ...Object.values(child.constraints ?? {}),
    ...nestedMessages(child),
  ]);
}
