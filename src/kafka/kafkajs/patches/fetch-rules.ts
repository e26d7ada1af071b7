import { internals, type ProtocolDefinition, type ProtocolRequest } from '../kafkajs-internals.js';
import { processWide } from '../process-wide.js';

/** What a Fetch request says, as far as it is looked at here. */
export interface FetchArguments {
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

/** One transaction of a fetched partition that was aborted. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** A record as kafkajs decodes it. */
export interface DecodedRecord {
  readonly offset: string;
  /** Control records end transactions, and are shown to nobody. */
  isControlRecord?: boolean;
  /** Records of the format before transactions have none. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface DecodedPartition {
  readonly partition: number;
  abortedTransactions?: readonly AbortedTransaction[] | null;
  messages: readonly DecodedRecord[];
}

/** What an answer holds, as far as it is looked at here. */
export interface DecodedFetch {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly DecodedPartition[];
  }[];
}

/** The answer to one Fetch, of which version it is, and what was asked for before the rules changed it. */
export interface AnsweredFetch {
  readonly raw: Buffer;
  readonly version: number;
  readonly asked: FetchArguments;
}

/** What is done about each Fetch. */
export interface FetchRule {
  /** @returns what is asked for instead */
  readonly ask?: (asked: FetchArguments) => FetchArguments;
  /**
   * @param decode what kafkajs makes of the answer, or of the one that is given, changed by the rules before this one
   * @returns the same, changed in place
   */
  readonly decode: (
    fetch: AnsweredFetch,
    decode: (instead?: Buffer) => Promise<DecodedFetch>,
  ) => Promise<DecodedFetch>;
}

interface PlacedRule {
  readonly place: number;
  readonly rule: FetchRule;
}

const allRules = processWide('rules for Fetch', (): PlacedRule[] => []);

/**
 * Lets a rule see each Fetch of any version.
 *
 * @param place among the other rules, in whichever order they are added: of two, the lower one has an answer first
 */
export function addFetchRule(place: number, rule: FetchRule): void {
  const fetch = internals.requests?.['Fetch'];
  if (fetch === undefined) return;
  if (allRules.length === 0) internals.requests!['Fetch'] = withRules(fetch, allRules);
  allRules.push({ place, rule });
}

/** @param rules more may come later */
export function withRules(fetch: ProtocolDefinition, rules: readonly PlacedRule[]): ProtocolDefinition {
  return {
    versions: fetch.versions,
    protocol: of => {
      const make = fetch.protocol(of) as (args: FetchArguments) => ProtocolRequest;
      return (asked: FetchArguments): ProtocolRequest => {
        const inOrder = rules.toSorted((a, b) => a.place - b.place);
        const made = make(inOrder.reduce((args, { rule }) => rule.ask?.(args) ?? args, asked));
        const decode = (raw: Buffer): Promise<unknown> => {
          let decodeAll: (instead?: Buffer) => Promise<DecodedFetch> = (bytes = raw) =>
            made.response.decode(bytes) as Promise<DecodedFetch>;
          for (const { rule } of inOrder) {
            const before = decodeAll;
            decodeAll = (bytes = raw) => rule.decode({ raw: bytes, version: of.version, asked }, before);
          }
          return decodeAll();
        };
        return { ...made, response: { ...made.response, decode } };
      };
    },
  };
}
