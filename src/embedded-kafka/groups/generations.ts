import { type Clock, type Timer } from '../clock.js';
import { errorCodes } from '../protocol/error-codes.js';
import { chooseProtocol } from './choose-protocol.js';
import { failedSync } from './group-answers.js';
import { noBytes, type JoinResult, type Member, type SyncResult } from './member.js';
import { type Roster } from './roster.js';

/** States of a group, by the names that DescribeGroups and ListGroups use. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/**
 * The generations of a group: which one it is, and the way from one to the next.
 *
 * ```
 * Empty -> PreparingRebalance: a member joins            all joined (or the rebalance timeout) -> CompletingRebalance
 * CompletingRebalance -> Stable: the leader's SyncGroup  any join, leave, expiry -> PreparingRebalance
 * PreparingRebalance -> Empty: nobody is left
 * ```
 */
export class Generations {
  /** `null` until somebody joins. */
  protocolType: string | null = null;
  leaderId: string | null = null;
  private currentState: GroupState = 'Empty';
  private generation = 0;
  private protocolName: string | null = null;
  /** Bounds the wait for joins, then for syncs. */
  private timer: Timer | undefined;
  /** Whether a new group gives further members a moment to come before its first generation. */
  private isInInitialDelay = false;

  constructor(
    private readonly clock: Clock,
    private readonly members: Roster,
  ) {}

  get state(): GroupState {
    return this.currentState;
  }

  /** Number of the generation; 0 before the first. */
  get id(): number {
    return this.generation;
  }

  /** What the members have agreed on. */
  get protocol(): string | null {
    return this.protocolName;
  }

  /**
   * Asks all members to join again; those that wait for an assignment are told so.
   * @param delayMs - how long a new group waits for further members
   */
  prepare(delayMs = 0): void {
    if (this.currentState === 'PreparingRebalance') return this.completeIfAllCame();
    for (const member of this.members.list()) {
      const answer = member.answerSync;
      member.answerSync = undefined;
      if (answer === undefined) continue;
      this.members.restartSession(member);
      answer(failedSync(errorCodes.REBALANCE_IN_PROGRESS));
    }
    this.currentState = 'PreparingRebalance';
    if (delayMs > 0) {
      this.isInInitialDelay = true;
      return this.waitForJoins(delayMs);
    }
    this.waitForJoins(this.longestRebalanceTimeout());
    this.completeIfAllCame();
  }

  /** To be called when somebody has joined or gone. */
  completeIfAllCame(): void {
    if (this.currentState !== 'PreparingRebalance' || this.isInInitialDelay || this.members.pendingCount > 0)
      return;
    if (this.members.list().every(member => member.answerJoin !== undefined)) this.completeJoin();
  }

  /** Ends the rebalance with what the leader has decided. */
  share(assignments: ReadonlyMap<string, Buffer>): void {
    this.timer?.cancel();
    this.currentState = 'Stable';
    for (const member of this.members.list()) {
      member.assignment = assignments.get(member.id) ?? noBytes;
      const answer = member.answerSync;
      member.answerSync = undefined;
      this.members.restartSession(member);
      answer?.(this.syncResult(member));
    }
  }

  /** What a member is told of this generation; only its leader is told the members. */
  joinResult(member: Member): JoinResult {
    const members = this.members.list().map(other => ({
      memberId: other.id,
      groupInstanceId: other.request.groupInstanceId,
      metadata: other.metadataFor(this.protocolName),
    }));
    return {
      code: errorCodes.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leaderId: this.leaderId ?? '',
      memberId: member.id,
      members: member.id === this.leaderId ? members : [],
      skipAssignment: false,
    };
  }

  /** What a member is told that has partitions. */
  syncResult(member: Member): SyncResult {
    return {
      code: errorCodes.NONE,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      assignment: member.assignment,
    };
  }

  /** Stops waiting: the broker goes away. */
  suspend(): void {
    this.timer?.cancel();
    this.isInInitialDelay = false;
  }

  /** Goes on waiting after `suspend`, for the whole time again. */
  resume(): void {
    if (this.currentState === 'PreparingRebalance') this.waitForJoins(this.longestRebalanceTimeout());
    if (this.currentState === 'CompletingRebalance') this.waitForSyncs();
  }

  /**
   * Starts the next generation with those who have joined; the rest is no longer a member. A static member stays
   * until its session ends, but somebody must have come who can lead.
   */
  private completeJoin(): void {
    this.timer?.cancel();
    this.isInInitialDelay = false;
    for (const member of this.members.list()) {
      if (member.answerJoin === undefined && member.request.groupInstanceId === null)
        this.members.remove(member);
    }
    const members = this.members.list();
    const joined = members.filter(member => member.answerJoin !== undefined);
    if (members.length > 0 && joined.length === 0) return this.waitForJoins(this.longestRebalanceTimeout());
    this.generation++;
    if (members.length === 0) {
      this.currentState = 'Empty';
      this.protocolName = null;
      this.leaderId = null;
      return;
    }
    this.currentState = 'CompletingRebalance';
    this.protocolName = chooseProtocol(members.map(({ request }) => request.protocols)) ?? null;
    if (!joined.some(({ id }) => id === this.leaderId)) this.leaderId = joined[0]!.id;
    for (const member of members) {
      const answer = member.answerJoin;
      member.answerJoin = undefined;
      member.assignment = noBytes;
      this.members.restartSession(member);
      answer?.(this.joinResult(member));
    }
    this.waitForSyncs();
  }

  /** A member that has joined but never asks for its assignment would hold up the group. */
  private waitForSyncs(): void {
    this.timer?.cancel();
    this.timer = this.clock.startTimer(this.longestRebalanceTimeout(), () => {
      for (const member of this.members.list()) {
        if (member.answerSync === undefined) this.members.remove(member);
      }
      this.prepare();
    });
  }

  private longestRebalanceTimeout(): number {
    return Math.max(0, ...this.members.list().map(({ request }) => request.rebalanceTimeoutMs));
  }

  private waitForJoins(delayMs: number): void {
    this.timer?.cancel();
    this.timer = this.clock.startTimer(delayMs, () => this.completeJoin());
  }
}
