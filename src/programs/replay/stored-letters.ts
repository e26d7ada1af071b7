import { decodeDeadLetter, type DeadLetter } from '../../failures/dead-letter.js';
import type { KafkaDriver } from '../../kafka/driver.js';

/** A dead letter that is not dealt with. */
export interface StoredLetter {
  readonly key: string;
  readonly letter: DeadLetter;
}

/** Reads what is on a dead-letter topic, the longest given up first: the last record of each key, but those that are dealt with. */
export async function readStoredLetters(
  driver: Pick<KafkaDriver, 'readToEnd'>,
  topic: string,
): Promise<StoredLetter[]> {
  const letters = new Map<string, DeadLetter>();
  await driver.readToEnd({
    topic,
    from: new Map(),
    onRecord: ({ key, value }) => {
      if (key === null) return;
      const letter = value === null ? undefined : decodeDeadLetter(value);
      if (letter === undefined) letters.delete(key.toString());
      else letters.set(key.toString(), letter);
    },
  });
  return [...letters]
    .map(([key, letter]) => ({ key, letter }))
    .sort((a, b) => (a.letter.failedAt < b.letter.failedAt ? -1 : 1));
}
