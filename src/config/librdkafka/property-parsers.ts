import { ConfigError } from '../../errors.js';
import { parseChoice } from '../values/parse-choice.js';
import { parseList } from '../values/parse-list.js';
import { parseWholeNumber } from '../values/parse-number.js';

export const parseText = (text: string): string => text;

/** A whole number within librdkafka's range for the name. The parser @throws {ConfigError} */
export function wholeNumberBetween(least: number, most: number): (text: string) => number {
  return text => {
    const value = parseWholeNumber(text);
    if (value < least || value > most) throw new ConfigError(`must be between ${least} and ${most}`);
    return value;
  };
}

/** Milliseconds as text with their unit, as the worker's own options are written. @throws {ConfigError} */
export function millisecondsText(text: string): string {
  return `${parseWholeNumber(text)}ms`;
}

/** librdkafka's words for the two ends; `none` counts as not given, as OpenMSIStream has it. @throws {ConfigError} */
export function startPosition(text: string): string | undefined {
  const word = parseChoice([
    'earliest',
    'smallest',
    'beginning',
    'latest',
    'largest',
    'end',
    'none',
    'error',
  ] as const)(text);
  if (word === 'error') throw new ConfigError('cannot be error; write earliest or latest');
  if (word === 'none') return undefined;
  return ['earliest', 'smallest', 'beginning'].includes(word) ? 'earliest' : 'latest';
}

/** @throws {ConfigError} */
export const securityProtocol = parseChoice(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const);

/** @throws {ConfigError} also for GSSAPI (Kerberos), which nothing here speaks. */
export const saslMechanism = parseChoice(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const);

/** `name=value,name=value` @throws {ConfigError} */
export function nameValuePairs(text: string): Record<string, string> {
  const pairs = parseList(text).map(item => /^([^=]+)=(.*)$/s.exec(item));
  if (pairs.includes(null)) throw new ConfigError('must be name=value, more of them separated by commas');
  return Object.fromEntries(pairs.map(pair => [pair![1]!.trim(), pair![2]!.trim()]));
}
