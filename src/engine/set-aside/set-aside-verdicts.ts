import type { ChunkPosition } from '../../assembly/held-chunk.js';
import type { ChunkIntake } from '../chunk-intake.js';
import type { OpenFile } from '../open-file.js';
import type { OutcomeRecorder } from '../outcome-recorder.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import type { RecentOutcomes } from '../recent-outcomes.js';
import { isWaiting } from './incomplete-watch.js';
import type { SetAsideFile, SetAsideFiles } from './set-aside-files.js';

export interface SetAsideVerdictsParts {
  /** What the state topic has. */
  readonly known: SetAsideFiles;
  readonly intake: ChunkIntake;
  readonly partitions: OwnedPartitions;
  readonly outcomes: RecentOutcomes;
  /** Knows which versions are done; undefined: outcomes are not kept. */
  readonly recorder: () => OutcomeRecorder | undefined;
  /** The version of the id `by`, of the same path, is done and newer. */
  readonly onOutdated: (versionId: string, file: SetAsideFile, by: string, nowMs: number) => void;
  /** Retention removed chunks of the file. */
  readonly onLost: (file: OpenFile, missing: readonly ChunkPosition[]) => void;
  /** Takes what the state topic has of a file from there. */
  readonly forget: (versionId: string) => void;
}

/**
 * What ends the waiting of files that are set aside, besides their rest: a newer version of their path is done, or chunks of them
 * are not on the topic any more.
 */
export class SetAsideVerdicts {
  readonly #parts: SetAsideVerdictsParts;
  /** Ids of versions that are set aside while a newer one of their path is done. */
  readonly #outdated = new Set<string>();
  /** First offsets that are still on the topic, as they were told last. */
  #startOffsets: ReadonlyMap<number, bigint> = new Map();

  constructor(parts: SetAsideVerdictsParts) {
    this.#parts = parts;
  }

  startsTold(startOffsets: ReadonlyMap<number, bigint>): void {
    this.#startOffsets = startOffsets;
  }

  /** A version of the path is done or set aside. */
  noteOutdated(path: string): void {
    for (const id of this.#parts.known.idsOf(path)) this.noteIfOutdated(id);
  }

  noteIfOutdated(versionId: string): void {
    if (this.#supersederOf(versionId) !== undefined) this.#outdated.add(versionId);
  }

  /** Only once all that was on the topic is read. */
  judge(nowMs: number): void {
    this.#giveUpOutdated(nowMs);
    this.#findLost(nowMs);
  }

  #supersederOf(versionId: string): string | undefined {
    const file = this.#parts.known.get(versionId);
    return file && this.#parts.recorder()?.newerThan(file.path, file.uploaded);
  }

  /** Those of which a chunk came again are open, and judged as open files are. */
  #giveUpOutdated(nowMs: number): void {
    const { known, intake, outcomes, onOutdated, forget } = this.#parts;
    for (const id of this.#outdated) {
      const [file, by] = [known.get(id), this.#supersederOf(id)];
      if (file === undefined || by === undefined) this.#outdated.delete(id);
      else if (this.#isOurs(id) && intake.find(id) === undefined) {
        this.#outdated.delete(id);
        // A record that was sent before the outcome may come after it.
        if (outcomes.get(id) !== undefined) forget(id);
        else onOutdated(id, file, by, nowMs);
      }
    }
  }

  /** A chunk that is not on the topic any more can only come with another upload of the file. */
  #findLost(nowMs: number): void {
    const { known, intake, outcomes, onLost } = this.#parts;
    for (const [id, stored] of known.all) {
      const file = intake.find(id);
      const outcome = outcomes.get(id);
      // One that was lost may have been uploaded again in part, and set aside once more.
      if ((outcome !== undefined && outcome !== 'lost') || (file !== undefined && !isWaiting(file))) continue;
      const missing = missingOf(stored, file, this.#startOffsets);
      if (missing.length > 0 && this.#isOurs(id))
        onLost(file ?? intake.openSetAside(id, stored, nowMs), missing);
    }
  }

  /** Whether it is this member that reads its partitions, and so knows whether its rest came. */
  #isOurs(versionId: string): boolean {
    const ours = new Set(this.#parts.partitions.numbers);
    return this.#parts.known.chunksOf(versionId).every(({ partition }) => ours.has(partition));
  }
}

/** Places of the chunks of which no copy is left. */
function missingOf(
  { records }: SetAsideFile,
  file: OpenFile | undefined,
  startOffsets: ReadonlyMap<number, bigint>,
): ChunkPosition[] {
  const isGone = ({ partition, offset }: ChunkPosition): boolean =>
    offset < (startOffsets.get(partition) ?? 0n);
  const chunks = [...records.values()].flat();
  const gone = chunks.filter(isGone);
  if (gone.length === 0) return [];
  const left = [...chunks.filter(chunk => !isGone(chunk)), ...(file?.version.heldChunks ?? [])];
  const indexes = new Set(left.map(({ index }) => index));
  return gone.filter(({ index }) => !indexes.has(index));
}
