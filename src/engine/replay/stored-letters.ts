import { decodeDeadLetter, type DeadLetter } from '../../failures/dead-letter.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import type { ReplayItem } from './rebuild-file.js';

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

/** What another class or topic gave up is not for this class. */
export function isOfClass(
  { letter }: StoredLetter,
  { name, consumeTopic }: { readonly name: string; readonly consumeTopic: string },
): boolean {
  return letter.source.topic === consumeTopic && letter.name === name;
}

/** The file of a dead letter; none for a message that cannot be used. */
export function replayItemOf({ key, letter }: StoredLetter): ReplayItem[] {
  if (letter.kind === 'message') return [];
  const { path, versionId, source, groupId } = letter;
  return [{ path, versionId, partitions: source.partitions, letterKey: key, groupId }];
}
