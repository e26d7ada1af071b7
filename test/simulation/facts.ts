/**
 * What happened in a history, in order, as somebody who watches the broker and the user's methods sees it. The checker gets this
 * and the plan's truth, and nothing of the engine.
 */
export type Fact = { readonly atMs: number } & FactContent;

export type FactContent =
  /** The uploader's record reached the topic. */
  | { readonly kind: 'chunk'; readonly partition: number; readonly offset: number; readonly chunk: SentChunk }
  /** The oldest records were removed. */
  | { readonly kind: 'retention'; readonly partition: number; readonly logStart: number }
  /** A member learns its partitions of a generation. */
  | {
      readonly kind: 'assigned';
      readonly worker: string;
      readonly generation: number;
      readonly kept: readonly number[];
      readonly added: readonly number[];
      readonly lost: readonly number[];
      /** Members of the generation, as this one is told; undefined: it is not told. */
      readonly runs: readonly string[] | undefined;
    }
  /** The coordinator decided on a generation. */
  | {
      readonly kind: 'generation';
      readonly generation: number;
      readonly owners: ReadonlyMap<number, string>;
      readonly members: readonly string[];
    }
  /** The broker told a member what is committed. */
  | {
      readonly kind: 'offset-read';
      readonly worker: string;
      readonly partition: number;
      readonly offset: number | null;
    }
  /** The user's method is called. */
  | {
      readonly kind: 'started';
      readonly worker: string;
      readonly callId: number;
      readonly content: SeenContent;
    }
  | { readonly kind: 'ended'; readonly worker: string; readonly callId: number }
  /** The engine sends a result for the first time. */
  | { readonly kind: 'sent'; readonly worker: string; readonly callId: number }
  /** A result is on the result topic, for readers of committed records. */
  | {
      readonly kind: 'result';
      readonly worker: string;
      readonly callId: number;
      readonly content: SeenContent;
    }
  /** A record of the state topic can be seen; in a transaction right before its offsets. */
  | ({ readonly kind: 'state'; readonly worker: string } & StateRecord)
  /** The broker told a worker where the partitions end. */
  | { readonly kind: 'ends-told'; readonly worker: string }
  /** The worker learned that its result is on the topic. */
  | { readonly kind: 'acknowledged'; readonly worker: string; readonly callId: number }
  /** A transaction that is not decided yet took offsets. */
  | {
      readonly kind: 'offsets-accepted';
      readonly worker: string;
      readonly offsets: readonly CommittedFact[];
    }
  /** A worker begins a transaction with offsets of these partitions. */
  | { readonly kind: 'transaction-begun'; readonly worker: string; readonly partitions: readonly number[] }
  /** The coordinator decided that it commits, with these records of the state topic: nobody can undo it, and readers see it later. */
  | { readonly kind: 'transaction-decided'; readonly worker: string; readonly states: readonly StateRecord[] }
  /** It learned how that ended, or that it cannot learn it. */
  | { readonly kind: 'transaction-told'; readonly worker: string }
  /** The broker took a commit, or a transaction with offsets was decided: all these partitions at once. */
  | { readonly kind: 'committed'; readonly worker: string; readonly offsets: readonly CommittedFact[] }
  /** A tool put the group's offsets elsewhere while nobody was in it. */
  | { readonly kind: 'offsets-moved'; readonly offsets: readonly CommittedFact[] }
  /** A worker ended by itself. `drained`: as it should after a stop. */
  | {
      readonly kind: 'worker-ended';
      readonly worker: string;
      readonly how: string;
      readonly wasOwner: boolean;
    }
  | { readonly kind: 'worker-killed'; readonly worker: string };

export interface StateRecord {
  readonly key: string;
  readonly value: string | null;
}

/** The bytes of a file as a method or a reader of results sees them. */
export interface SeenContent {
  readonly path: string;
  readonly sha512: string;
  readonly bytes: Buffer;
  readonly resultId: string;
}

export interface CommittedFact {
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string | null;
}

/** A chunk as the uploader knows it. */
export interface SentChunk {
  /** Index of the upload in the plan; undefined: garbage. */
  readonly upload: number | undefined;
  /** 1-based. */
  readonly index: number;
  /** `good`: the first one of this index as the uploader meant it. */
  readonly quality: 'good' | 'copy' | 'damaged' | 'misplaced' | 'garbage';
}

export class FactLog {
  readonly facts: Fact[] = [];
  /** Facts that change something: while a file is set aside it is asked for ever where the partitions end. */
  changeCount = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(content: FactContent): void {
    if (content.kind !== 'ends-told') this.changeCount += 1;
    this.facts.push({ atMs: this.#now(), ...content });
  }
}

export type FactOf<K extends Fact['kind']> = Fact & { kind: K };
