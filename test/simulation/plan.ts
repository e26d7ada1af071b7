import { RandomStreams } from './random-streams.js';

/** Everything about a history that is decided before it begins. It can be made smaller, part by part. */
export interface Plan {
  readonly seed: number;
  readonly delivery: 'at-least-once' | 'exactly-once';
  /** `scattered`: a file's chunks lie anywhere, one member reads all. `by-file`: a file lies in one partition, all members read. */
  readonly layout: 'scattered' | 'by-file';
  readonly partitionCount: number;
  readonly workerCount: number;
  readonly concurrency: number;
  readonly budgetBytes: number;
  /** With a state topic: how long a file may miss a chunk before it is set aside. Undefined: no state topic. */
  readonly incompleteAfterMs?: number;
  readonly mode: 'memory' | 'disk' | 'both';
  /** Each call takes longer than a session, and members are frozen and expelled all the time: all look as if they died of files. */
  readonly isBesieged?: true;
  readonly uploads: readonly PlannedUpload[];
  readonly garbageCount: number;
  readonly accidents: readonly Accident[];
}

export interface PlannedUpload {
  /** Never changes, so that its bytes and places stay when others are taken away. */
  readonly name: number;
  readonly pathNumber: number;
  readonly size: number;
  readonly chunkBytes: number;
  readonly startMs: number;
  /** Its chunks come within so long. */
  readonly spanMs: number;
  /** 1-based index of a chunk that is never sent. */
  readonly missing?: number;
  /** So long after the start it is sent after all. */
  readonly missingComesMs?: number;
  /** Further records that say they are chunks of it. */
  readonly extras: readonly { readonly index: number; readonly quality: 'copy' | 'damaged' | 'misplaced' }[];
}

export const accidentKinds = [
  'crash',
  'stop',
  'freeze',
  'rebalance',
  'expel',
  'lose-commit-answers',
  'lose-produce-answers',
  'outage',
  'retention',
  'move-offsets',
] as const;

export interface Accident {
  readonly name: number;
  readonly kind: (typeof accidentKinds)[number];
  readonly atMs: number;
  /** Which worker, for those that hit one. */
  readonly worker: number;
  /** How long, for those that last. */
  readonly forMs: number;
}

/** Accidents and uploads all begin within so long. */
export const busyMs = 6_000;

const weights: Readonly<Record<Accident['kind'], number>> = {
  crash: 6,
  stop: 3,
  freeze: 4,
  rebalance: 3,
  expel: 4,
  'lose-commit-answers': 3,
  'lose-produce-answers': 3,
  outage: 2,
  retention: 1,
  'move-offsets': 1,
};

const weightsInSiege: typeof weights = {
  ...weights,
  ...{ crash: 1, stop: 1, freeze: 12, rebalance: 1, expel: 6 },
  ...{ 'lose-commit-answers': 0, 'lose-produce-answers': 1, outage: 1, retention: 0, 'move-offsets': 0 },
};

/** @param mustBeBesieged a siege is no matter of luck */
export function makePlan(seed: number, mustBeBesieged = false): Plan {
  const random = new RandomStreams(seed);
  const hasExtras = random.chance('extras', 0.4);
  const isBesieged = random.chance('siege', 0.1) || mustBeBesieged;
  const uploadCount = random.whole('uploads', 1, isBesieged ? 3 : 8);
  const accidentCount = isBesieged ? random.whole('siege', 6, 14) : random.whole('accidents', 0, 6);
  const kinds = isBesieged ? weightsInSiege : weights;
  return {
    seed,
    delivery: random.chance('delivery', 0.5) ? 'at-least-once' : 'exactly-once',
    layout: random.chance('layout', 0.5) ? 'scattered' : 'by-file',
    partitionCount: random.whole('partitions', 1, 3),
    workerCount: isBesieged ? 3 : random.whole('workers', 1, 3),
    concurrency: random.whole('concurrency', 1, 3),
    budgetBytes: random.chance('budget', 0.5) ? 60 : 100_000,
    mode: (['memory', 'memory', 'disk', 'both'] as const)[random.whole('mode', 0, 3)]!,
    ...(isBesieged ? { isBesieged } : {}),
    ...(random.chance('state', 0.5) || isBesieged
      ? { incompleteAfterMs: random.whole('state', 300, 2_500) }
      : {}),
    uploads: Array.from({ length: uploadCount }, (_, name) => makeUpload(random, name, hasExtras)),
    garbageCount: hasExtras ? random.whole('garbage', 0, 3) : 0,
    accidents: Array.from({ length: accidentCount }, (_, name) => makeAccident(random, name, kinds)),
  };
}

function makeUpload(random: RandomStreams, name: number, hasExtras: boolean): PlannedUpload {
  const chunkBytes = random.whole('upload', 3, 20);
  const size = random.whole('upload', 1, 60);
  const count = Math.ceil(size / chunkBytes);
  const upload = {
    name,
    pathNumber: random.whole('upload', 0, 3),
    size,
    chunkBytes,
    startMs: random.whole('upload', 0, busyMs),
    spanMs: random.chance('upload', 0.5) ? 50 : 3_000,
    extras: hasExtras ? makeExtras(random, count) : [],
  };
  if (count === 1 || !random.chance('upload', 0.15)) return upload;
  const missing = random.whole('upload', 1, count);
  if (!random.chance('late', 0.6)) return { ...upload, missing };
  return { ...upload, missing, missingComesMs: random.whole('late', 3_000, 9_000) };
}

function makeExtras(random: RandomStreams, count: number): PlannedUpload['extras'] {
  const qualities = ['copy', 'copy', 'damaged', 'misplaced'] as const;
  const extras = Array.from({ length: random.whole('extra', 0, 3) }, () => ({
    index: random.whole('extra', 1, count),
    quality: qualities[random.whole('extra', 0, 3)]!,
  }));
  // A copy of every chunk would be a whole upload of its own, so there are none of first chunks.
  return extras.filter(({ index, quality }) => quality !== 'copy' || index !== 1);
}

function makeAccident(random: RandomStreams, name: number, of: typeof weights): Accident {
  const total = accidentKinds.reduce((sum, kind) => sum + of[kind], 0);
  let at = random.next('accident') * total;
  const kind = accidentKinds.find(one => (at -= of[one]) < 0) ?? 'crash';
  return {
    name,
    kind,
    atMs: random.whole('accident', 0, busyMs),
    worker: random.whole('accident', 0, 2),
    forMs: random.chance('accident', 0.5)
      ? random.whole('accident', 1, 400)
      : random.whole('accident', 400, 2_500),
  };
}
