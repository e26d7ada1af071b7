import { TopicReader, type ReadMessage } from '../invariants/harness/topic-reader.js';

/** What a program has told of itself on two topics. */
export interface Announced {
  readonly heartbeats: readonly ReadMessage[];
  readonly logs: readonly ReadMessage[];
}

export async function readAnnounced(
  brokers: readonly string[],
  heartbeatTopic: string,
  logTopic: string,
): Promise<Announced> {
  return { heartbeats: await readAll(brokers, heartbeatTopic), logs: await readAll(brokers, logTopic) };
}

async function readAll(brokers: readonly string[], topic: string): Promise<readonly ReadMessage[]> {
  const reader = await TopicReader.open(brokers, topic);
  const messages = await reader.catchUp();
  await reader.close();
  return messages;
}

/** Every kind of message, with everything replaced that differs from one run to the next. */
export function shapesOf({ heartbeats, logs }: Announced): unknown[] {
  return [...new Set([...heartbeats, ...logs].map(message => JSON.stringify(shapeOf(message))))];
}

function shapeOf({ key, value, headers }: ReadMessage): unknown {
  const text = value.toString('utf8');
  const shape = text
    .replace(/"timestamp": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"/, '"timestamp": ISO')
    .replace(/"timestamp": \d{10}\.\d+/, '"timestamp": SECONDS')
    .replace(/"messages": \[.*\]/s, '"messages": LIST')
    .replace(/(": )\d+/g, '$1N');
  return { key, shape, headers };
}

export function sumsOf(heartbeats: readonly ReadMessage[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { value } of heartbeats) {
    const fields = Object.entries(JSON.parse(value.toString()) as Record<string, number>);
    for (const [name, count] of fields.filter(([field]) => field !== 'timestamp'))
      sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
