import { internals, type ProtocolRequest } from '../kafkajs-internals.js';
import type { ProduceArguments } from './lean-produce.js';

const once = Symbol.for('kafka-reproducer: to be sent once');

/** What became of the messages that one call sends to a partition. */
export interface SendMark {
  isAcknowledged: boolean;
  requestCount: number;
  /** Whatever they say. */
  answerCount: number;
}

interface Marked {
  readonly [once]?: SendMark;
}

/** Marks the messages that one call sends to a partition: they are not sent again once they are acknowledged. */
export function sentOnce<T extends readonly object[]>(
  messages: T,
): { readonly messages: T; readonly mark: SendMark } {
  const mark: SendMark = { isAcknowledged: false, requestCount: 0, answerCount: 0 };
  const [first] = messages;
  // They stay together, so that one stands for all.
  if (first !== undefined) Object.assign(first, { [once]: mark });
  return { messages, mark };
}

/** Whether all requests for them that kafkajs made are answered, and there was one: none of them can reach a broker any more. */
export function isAnswered({ requestCount, answerCount }: SendMark): boolean {
  return requestCount > 0 && requestCount === answerCount;
}

/**
 * Makes kafkajs fail rather than send what is acknowledged again.
 *
 * It sends to several brokers at a time. When one of them fails it repeats the call for all that have not answered by then: those whose answer
 * is still under way, and those that lead a partition now which another one has answered for. Each batch has the next sequence number, so
 * that brokers take it for a new one: its records were twice in a transaction that was committed.
 */
export function refuseToSendTwice(): void {
  const produce = internals.requests?.['Produce'];
  if (produce === undefined) return;
  internals.requests!['Produce'] = {
    versions: produce.versions,
    protocol: asked => args => {
      const marks = marksOf(args);
      if (marks.some(({ isAcknowledged }) => isAcknowledged)) throw new SentTwiceError();
      const made = produce.protocol(asked)(args);
      for (const mark of marks) mark.requestCount += 1;
      return marks.length === 0 ? made : acknowledging(made, marks);
    },
  };
}

/** Not retriable for kafkajs; whoever sends begins anew. */
class SentTwiceError extends Error {
  override readonly name = 'SentTwiceError';

  constructor() {
    super('a broker failed while others had taken their share: all of it has to be sent anew');
  }
}

function marksOf({ topicData }: ProduceArguments): SendMark[] {
  return topicData
    .flatMap(({ partitions }) => partitions)
    .flatMap(({ messages }) => (messages[0] as Marked | undefined)?.[once] ?? []);
}

function acknowledging(made: ProtocolRequest, marks: readonly SendMark[]): ProtocolRequest {
  const decode = (raw: Buffer): Promise<unknown> => {
    for (const mark of marks) mark.answerCount += 1;
    return made.response.decode(raw);
  };
  const parse = async (data: unknown): Promise<unknown> => {
    const parsed = await made.response.parse(data);
    for (const mark of marks) mark.isAcknowledged = true;
    return parsed;
  };
  return { ...made, response: { ...made.response, decode, parse } };
}
