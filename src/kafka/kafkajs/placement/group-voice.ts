import type { ConsumerOptions, ShareDifference } from '../../driver.js';
import type { AssignmentTracker } from '../assignment-tracker.js';
import type { GroupHooks } from './group-coordinator-hooks.js';
import { demandsOf, type Demands, type MemberStatement, type ShareNote } from './member-statement.js';

/** Statements travel in each JoinGroup and are kept by the broker; so many ids are enough to meet by. */
const maxOpenVersions = 500;

export interface GroupVoiceOptions {
  readonly options: Pick<ConsumerOptions, 'placement' | 'groupSettings' | 'transactionalId' | 'runId'>;
  readonly tracker: Pick<AssignmentTracker, 'ownedGeneration' | 'partitions'>;
  /** Ids of files of which some chunks are held and not all. */
  readonly openVersions: () => readonly string[];
}

/** What a member tells its group at each join, and what the group answers. Outlives the member's connections. */
export class GroupVoice implements GroupHooks {
  readonly #options: GroupVoiceOptions;
  #scatteredFile: string | undefined;
  #refusal: string | undefined;
  #wantsRejoin = false;
  #turnedDownCount = 0;
  #knownProducers: readonly string[] = [];
  #departedProducers: readonly string[] = [];
  #runs: readonly string[] = [];

  constructor(options: GroupVoiceOptions) {
    this.#options = options;
  }

  /** How this member's share differs from what its options ask for. */
  get difference(): ShareDifference | undefined {
    if (this.#refusal !== undefined) return { kind: 'refused', reason: this.#refusal };
    if (this.#options.options.placement === 'by-file' && this.#scatteredFile !== undefined)
      return { kind: 'one-member', reason: this.#scatteredFile };
    return undefined;
  }

  /** Transactional ids of members that were in the group and are not in this generation. */
  get departedProducers(): readonly string[] {
    return this.#departedProducers;
  }

  /**
   * Runs of the members of this generation; undefined when they are not known. A member with a name that is started again gets what was
   * said to its former process: then it is not among them itself.
   */
  get runs(): readonly string[] | undefined {
    const { runId } = this.#options.options;
    return runId !== undefined && this.#runs.includes(runId) ? this.#runs : undefined;
  }

  state(): MemberStatement {
    const { options, tracker, openVersions } = this.#options;
    const { ownedGeneration } = tracker;
    this.#wantsRejoin = false;
    return {
      ...this.#demands,
      ownedGeneration,
      ownedPartitions: ownedGeneration < 0 ? [] : tracker.partitions,
      ...(this.#scatteredFile === undefined ? {} : { scatteredFile: this.#scatteredFile }),
      openVersions: options.placement === 'by-file' ? openVersions().slice(0, maxOpenVersions) : [],
      ...(options.transactionalId === undefined ? {} : { producer: options.transactionalId }),
      ...(options.runId === undefined ? {} : { run: options.runId }),
      knownProducers: this.#knownProducers,
      turnedDownCount: this.#turnedDownCount,
    };
  }

  get #demands(): Demands {
    const { placement, groupSettings = {} } = this.#options.options;
    return { placement: placement === 'by-file' ? 'by-file' : 'one-member', settings: groupSettings };
  }

  /** What the group is like before this member joins it. */
  onMembersFound(members: readonly MemberStatement[]): void {
    const found = members.flatMap(({ producer = [] }) => producer);
    this.#knownProducers = [...new Set([...this.#knownProducers, ...found])];
  }

  onShareNote({
    refusal,
    scatteredFile,
    knownProducers,
    departedProducers,
    demands,
    runs,
  }: ShareNote): 'take' | 'rejoin' {
    this.#refusal = refusal;
    this.#knownProducers = knownProducers;
    this.#runs = runs;
    this.#departedProducers = departedProducers;
    // Kept for as long as this process lives, so that the group does not try again with each member that comes or goes.
    this.#scatteredFile ??= scatteredFile;
    if (demands === undefined || demands === demandsOf(this.#demands)) return 'take';
    this.#turnedDownCount += 1;
    return 'rejoin';
  }

  get wantsRejoin(): boolean {
    return this.#wantsRejoin;
  }

  tellScattered(file: string): void {
    if (this.#options.options.placement !== 'by-file' || this.#scatteredFile !== undefined) return;
    this.#scatteredFile = file;
    this.#wantsRejoin = true;
  }

  /** Joins again, so that the leader sees whether another member has chunks of the same files. */
  compareOpenVersions(): void {
    if (this.#options.options.placement === 'by-file' && this.#scatteredFile === undefined)
      this.#wantsRejoin = true;
  }
}
