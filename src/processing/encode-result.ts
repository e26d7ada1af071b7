import { ResultError } from '../errors.js';
import { resultKey } from '../wire/message-keys.js';
import type { EncodeMessage } from './collect-result.js';
import type { DataFileInfo, FileSource } from './data-file.js';
import type { OutgoingMessage } from './file-work.js';
import { isResultMessage } from './result-message.js';
import { encodeText, encodeValue } from './result-value.js';

/** What the messages of one call have in common. */
export interface ResultTarget {
  readonly info: DataFileInfo;
  /** Bytes. */
  readonly size: number;
  readonly resultId: string;
  /** 1-based. */
  readonly attempt: number;
  /** For messages that name no topic. */
  readonly produceTopic: string | undefined;
}

/**
 * Makes the function that turns one returned item into a message: value, key, headers.
 *
 * The first message of a file has the file's result id, the next ones `<id>-1`, `<id>-2`, …, so that a reader can drop
 * each repetition for itself.
 */
export function messageEncoder(target: ResultTarget): EncodeMessage {
  const { info } = target;
  const common = {
    'file-path': info.path,
    'file-hash': info.sha512,
    'file-size': String(target.size),
    'source-topic': info.source.topic,
    'source-offsets': offsetsText(info.source),
    attempt: String(target.attempt),
  };
  return (item, where, index): OutgoingMessage => {
    const message = isResultMessage(item) ? item : undefined;
    const topic = message?.topic ?? target.produceTopic;
    if (topic === undefined)
      throw new ResultError(`${where} has no topic: set the topic to produce to, or ResultMessage.topic`);
    return {
      topic,
      key: encodeKey(message === undefined ? undefined : message.key, info),
      value: message === undefined ? encodeValue(item, where) : encodeMessageValue(message.value, where),
      headers: {
        ...message?.headers,
        'result-id': index === 0 ? target.resultId : `${target.resultId}-${index}`,
        ...common,
      },
      ...(message?.timestampMs === undefined ? {} : { timestampMs: message.timestampMs }),
    };
  };
}

function encodeMessageValue(value: unknown, where: string): Uint8Array | null {
  return value === null ? null : encodeValue(value, `the value of ${where}`);
}

function encodeKey(key: string | Uint8Array | null | undefined, info: DataFileInfo): Uint8Array | null {
  if (key === null) return null;
  if (key === undefined) return encodeText(resultKey(info.subdirectory, info.filename));
  return typeof key === 'string' ? encodeText(key) : new Uint8Array(key);
}

/** Where the file's chunks lay: `0:12-15,1:7-9` is partition 0, offsets 12 to 15, and partition 1, offsets 7 to 9. */
export function offsetsText(source: FileSource): string {
  return source.partitions
    .map(({ partition, firstOffset, lastOffset }) => `${partition}:${firstOffset}-${lastOffset}`)
    .join(',');
}
