import kafkajs from 'kafkajs';
import { internals, type ProtocolRequest } from '../../src/kafka/kafkajs/kafkajs-internals.js';

/** Changes the next request of a kind that any kafkajs of this process makes. */
function changeNext(name: string, change: (request: ProtocolRequest) => ProtocolRequest): void {
  const requests = internals.requests!;
  const original = requests[name]!;
  requests[name] = {
    versions: original.versions,
    protocol: of => args => {
      requests[name] = original;
      return change(original.protocol(of)(args));
    },
  };
}

/** As when its connection breaks. */
export function loseNext(name: string, lost: 'request' | 'answer'): void {
  const fail = () => Promise.reject(new kafkajs.KafkaJSConnectionError('lost on purpose'));
  changeNext(name, ({ request, response }) =>
    lost === 'request'
      ? { request: { ...request, encode: fail }, response }
      : { request, response: { ...response, decode: fail } },
  );
}

/** Loses the answers to all requests of a kind that arrive, and counts them, until it is told to stop. */
export function loseAnswers(name: string): { readonly count: number; stop: () => void } {
  const requests = internals.requests!;
  const original = requests[name]!;
  const lost = { count: 0, stop: () => void (requests[name] = original) };
  requests[name] = {
    versions: original.versions,
    protocol: of => {
      const create = original.protocol(of);
      return args => {
        const made = create(args);
        const decode = () => {
          lost.count += 1;
          return Promise.reject(new kafkajs.KafkaJSConnectionError('lost on purpose'));
        };
        return { ...made, response: { ...made.response, decode } };
      };
    },
  };
  return lost;
}

/** Takes the records out of the next answer to a Fetch, as a broker gives it that waits for remote storage. */
export function emptyNextFetch(): void {
  changeNext('Fetch', ({ request, response }) => {
    const decode = async (raw: Buffer) => {
      const answer = (await response.decode(raw)) as {
        responses: { partitions: { messages: unknown[] }[] }[];
      };
      for (const { partitions } of answer.responses)
        for (const partition of partitions) partition.messages = [];
      return answer;
    };
    return { request, response: { ...response, decode } };
  });
}

/** Keeps the next request of a kind back until it is released. */
export function holdNext(name: string): { isHeld: Promise<void>; release: () => void } {
  let release: () => void = () => undefined;
  let reportHeld: () => void = () => undefined;
  const isHeld = new Promise<void>(resolve => (reportHeld = resolve));
  const released = new Promise<void>(resolve => (release = resolve));
  changeNext(name, ({ request, response }) => {
    const encode = async () => {
      reportHeld();
      await released;
      return request.encode();
    };
    return { request: { ...request, encode }, response };
  });
  return { isHeld, release };
}

/** Counts the requests of a kind that all kafkajs of this process make, until it is told to stop. */
export function countRequests(name: string): { readonly count: number; stop: () => void } {
  const requests = internals.requests!;
  const original = requests[name]!;
  const counter = { count: 0, stop: () => void (requests[name] = original) };
  requests[name] = {
    versions: original.versions,
    protocol: of => {
      const create = original.protocol(of);
      return args => {
        counter.count += 1;
        return create(args);
      };
    },
  };
  return counter;
}

/**
 * Collects how much Fetch requests for a topic ask for, as it is sent, until it is told to stop. Not those of others: what an earlier test
 * has left in this process may still fetch.
 */
export function watchFetchedBytes(topic: string): { readonly maxBytes: readonly number[]; stop: () => void } {
  const requests = internals.requests!;
  const original = requests['Fetch']!;
  const maxBytes: number[] = [];
  requests['Fetch'] = {
    versions: original.versions,
    protocol: of => {
      const create = original.protocol(of);
      return args => {
        const { request, response } = create(args);
        const { topics } = args as { readonly topics: readonly { readonly topic: string }[] };
        if (!topics.some(fetched => fetched.topic === topic)) return { request, response };
        const encode = async () => {
          const encoder = await request.encode();
          // Behind the replica id, and how long and for how much the broker waits.
          maxBytes.push((encoder as unknown as { readonly buf: Buffer }).buf.readInt32BE(12));
          return encoder;
        };
        return { request: { ...request, encode }, response };
      };
    },
  };
  return { maxBytes, stop: () => void (requests['Fetch'] = original) };
}
