import { type Clock, type Timer } from '../clock.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { failedJoin, failedSync } from './group-answers.js';
import { type Member } from './member.js';

/** The members of a group with their session timers, and the ids of those who are about to become members. */
export class Roster {
  private readonly members = new Map<string, Member>();
  /** Ids of the static members, by the names that they gave themselves. */
  private readonly idsByInstance = new Map<string, string>();
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

  /** The static member of this name. */
  getStatic(groupInstanceId: string | null): Member | undefined {
    return groupInstanceId === null
      ? undefined
      : this.members.get(this.idsByInstance.get(groupInstanceId) ?? '');
  }

  /**
   * Says whether this is a member. Who gives a static name must have the id that goes with it: another id is that of a
   * process whose place was taken by a newer one of the same name.
   */
  identify(memberId: string, groupInstanceId: string | null): ErrorCode {
    if (groupInstanceId === null) {
      return this.members.has(memberId) ? errorCodes.NONE : errorCodes.UNKNOWN_MEMBER_ID;
    }
    const holder = this.getStatic(groupInstanceId);
    if (holder === undefined) return errorCodes.UNKNOWN_MEMBER_ID;
    return holder.id === memberId ? errorCodes.NONE : errorCodes.FENCED_INSTANCE_ID;
  }

  add(member: Member): void {
    this.members.set(member.id, member);
    const { groupInstanceId } = member.request;
    if (groupInstanceId !== null) this.idsByInstance.set(groupInstanceId, member.id);
  }

  /** Takes a member off the roster; what it waits for is answered with `code`. */
  remove(member: Member, code: ErrorCode = errorCodes.UNKNOWN_MEMBER_ID): void {
    member.session?.cancel();
    this.members.delete(member.id);
    const { groupInstanceId } = member.request;
    if (groupInstanceId !== null && this.idsByInstance.get(groupInstanceId) === member.id) {
      this.idsByInstance.delete(groupInstanceId);
    }
    member.answerJoin?.(failedJoin(code, member.id));
    member.answerSync?.(failedSync(code));
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
