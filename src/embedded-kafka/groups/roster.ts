import { type Clock, type Timer } from '../clock.js';
import { errorCodes } from '../protocol/error-codes.js';
import { failedJoin, failedSync } from './group-answers.js';
import { type Member } from './member.js';

/** The members of a group with their session timers, and the ids of those who are about to become members. */
export class Roster {
  private readonly members = new Map<string, Member>();
  /** Ids handed out with MEMBER_ID_REQUIRED whose owners have not come back yet. */
  private readonly pending = new Map<string, Timer>();

  /**
   * @param onSessionEnd - a member was silent for its session timeout; it is still on the roster
   * @param onPendingEnd - an id was never used; it is forgotten
   */
  constructor(
    private readonly clock: Clock,
    private readonly onSessionEnd: (memberId: string) => void,
    private readonly onPendingEnd: () => void,
  ) {}

  get size(): number {
    return this.members.size;
  }

  get pendingCount(): number {
    return this.pending.size;
  }

  /** In order of joining. */
  list(): readonly Member[] {
    return [...this.members.values()];
  }

  has(memberId: string): boolean {
    return this.members.has(memberId);
  }

  get(memberId: string): Member | undefined {
    return this.members.get(memberId);
  }

  add(member: Member): void {
    this.members.set(member.id, member);
  }

  /** Takes a member off the roster; what it waits for is answered with UNKNOWN_MEMBER_ID. */
  remove(member: Member): void {
    member.session?.cancel();
    this.members.delete(member.id);
    member.answerJoin?.(failedJoin(errorCodes.UNKNOWN_MEMBER_ID, member.id));
    member.answerSync?.(failedSync(errorCodes.UNKNOWN_MEMBER_ID));
  }

  addPending(memberId: string, sessionTimeoutMs: number): void {
    const expire = (): void => {
      this.pending.delete(memberId);
      this.onPendingEnd();
    };
    this.pending.set(memberId, this.clock.startTimer(sessionTimeoutMs, expire));
  }

  /** @returns whether the id was pending */
  removePending(memberId: string): boolean {
    this.pending.get(memberId)?.cancel();
    return this.pending.delete(memberId);
  }

  /** A member that waits for an answer cannot send heartbeats, so its session stands still. */
  restartSession(member: Member): void {
    member.session?.cancel();
    if (member.answerJoin !== undefined || member.answerSync !== undefined) return;
    const expire = (): void => this.onSessionEnd(member.id);
    member.session = this.clock.startTimer(member.request.sessionTimeoutMs, expire);
  }

  /** Stops all timers, forgets pending ids and who waits for an answer. */
  suspend(): void {
    for (const timer of this.pending.values()) timer.cancel();
    this.pending.clear();
    for (const member of this.members.values()) {
      member.session?.cancel();
      member.answerJoin = undefined;
      member.answerSync = undefined;
    }
  }
}
