import { randomUUID } from 'node:crypto';
import { type Clock } from '../clock.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { chooseProtocol, commonProtocols } from './choose-protocol.js';
import { CommittedOffsets } from './committed-offsets.js';
import { Generations, type GroupState } from './generations.js';
import { failedJoin, failedSync } from './group-answers.js';
import { PendingOffsets } from './pending-offsets.js';
import { Member, type JoinRequest, type JoinResult, type SyncRequest, type SyncResult } from './member.js';
import { Roster } from './roster.js';
import { subscribedTopics } from './subscribed-topics.js';

/**
 * One consumer group of the classic protocol: who is a member, which generation it is, who has which assignment.
 *
 * A state machine with an injected clock and no sockets; answers go through callbacks, because JoinGroup waits for
 * all members and SyncGroup for the leader.
 */
export class Group {
  readonly offsets = new CommittedOffsets();
  /** What open transactions want to commit. */
  readonly pendingOffsets = new PendingOffsets(this.offsets);
  private readonly members: Roster;
  private readonly generations: Generations;

  constructor(
    readonly id: string,
    clock: Clock,
    private readonly initialRebalanceDelayMs: number,
  ) {
    this.members = new Roster(
      clock,
      memberId => this.removeMember(memberId),
      () => this.generations.completeIfAllCame(),
    );
    this.generations = new Generations(clock, this.members);
  }

  get state(): GroupState {
    return this.generations.state;
  }

  get generationId(): number {
    return this.generations.id;
  }

  /** `consumer` for consumers; empty when nobody ever joined. */
  get protocolType(): string {
    return this.generations.protocolType ?? '';
  }

  get protocol(): string | null {
    return this.generations.protocol;
  }

  get leader(): string | null {
    return this.generations.leaderId;
  }

  get memberList(): readonly Member[] {
    return this.members.list();
  }

  /** Answers at once with an error, or once all members have joined. */
  join(request: JoinRequest, answer: (result: JoinResult) => void): void {
    const refuse = (code: ErrorCode, memberId = request.memberId): void => answer(failedJoin(code, memberId));
    if (!this.fits(request)) return refuse(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
    if (request.memberId === '') {
      const memberId = `${request.groupInstanceId ?? request.clientId}-${randomUUID()}`;
      const predecessor = this.members.getStatic(request.groupInstanceId);
      if (predecessor !== undefined) return this.takeOver(predecessor, memberId, request, answer);
      if (!request.isMemberIdRequired || request.groupInstanceId !== null) {
        return this.addMember(memberId, request, answer);
      }
      this.members.addPending(memberId, request.sessionTimeoutMs);
      return refuse(errorCodes.MEMBER_ID_REQUIRED, memberId);
    }
    if (this.members.removePending(request.memberId))
      return this.addMember(request.memberId, request, answer);
    const refusal = this.members.identify(request.memberId, request.groupInstanceId);
    if (refusal !== errorCodes.NONE) return refuse(refusal);
    this.rejoin(this.members.get(request.memberId)!, request, answer);
  }

  /** Answers at once with an error, or as soon as the leader has shared out the partitions. */
  sync(request: SyncRequest, answer: (result: SyncResult) => void): void {
    const member = this.members.get(request.memberId);
    const refuse = (code: ErrorCode): void => answer(failedSync(code));
    const refusal = this.checkMember(request.memberId, request.generationId, request.groupInstanceId);
    if (member === undefined || refusal !== errorCodes.NONE) return refuse(refusal);
    if (
      (request.protocolType ?? this.generations.protocolType) !== this.generations.protocolType ||
      (request.protocolName ?? this.protocol) !== this.protocol
    ) {
      return refuse(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
    }
    if (this.state === 'PreparingRebalance') return refuse(errorCodes.REBALANCE_IN_PROGRESS);
    if (this.state === 'Stable') {
      this.members.restartSession(member);
      return answer(this.generations.syncResult(member));
    }
    member.session?.cancel();
    member.answerSync = answer;
    if (member.id === this.generations.leaderId) this.generations.share(request.assignments);
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): ErrorCode {
    const refusal = this.checkMember(memberId, generationId, groupInstanceId);
    if (refusal !== errorCodes.NONE) return refusal;
    this.members.restartSession(this.members.get(memberId)!);
    return this.state === 'PreparingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE;
  }

  /**
   * Removes a member; the others are told with their next heartbeat.
   * @param memberId - may be empty for a static member: that is how admin tools remove one
   */
  leave(memberId: string, groupInstanceId: string | null = null): ErrorCode {
    if (this.members.removePending(memberId)) {
      this.generations.completeIfAllCame();
      return errorCodes.NONE;
    }
    const id = memberId === '' ? (this.members.getStatic(groupInstanceId)?.id ?? '') : memberId;
    const refusal = this.members.identify(id, groupInstanceId);
    if (refusal === errorCodes.NONE) this.removeMember(id);
    return refusal;
  }

  /** Ends a member's session, as when it was silent for its session timeout. @returns whether there is such a member */
  expire(memberId: string): boolean {
    const isMember = this.members.has(memberId);
    this.removeMember(memberId);
    return isMember;
  }

  /**
   * Says whether offsets may be committed, by Kafka's rules: a generation below 0 only while the group is empty; while
   * a rebalance is prepared members of the old generation may still commit; while it is completed nobody may.
   */
  checkCommit(memberId: string, generationId: number, groupInstanceId: string | null = null): ErrorCode {
    if (generationId < 0 && this.state === 'Empty') return errorCodes.NONE;
    if (generationId < 0 && memberId === '' && groupInstanceId === null) return errorCodes.UNKNOWN_MEMBER_ID;
    const refusal = this.checkMember(memberId, generationId, groupInstanceId);
    if (refusal !== errorCodes.NONE) return refusal;
    if (this.state === 'CompletingRebalance') return errorCodes.REBALANCE_IN_PROGRESS;
    this.members.restartSession(this.members.get(memberId)!);
    return errorCodes.NONE;
  }

  /**
   * Says whether a transaction may commit offsets. Unlike `checkCommit`, one that names neither generation nor member is
   * let through whatever the group's state, because old clients cannot name them; and a rebalance does not matter.
   */
  checkTransactionalCommit(
    memberId: string,
    generationId: number,
    groupInstanceId: string | null,
  ): ErrorCode {
    const isNobody = memberId === '' && groupInstanceId === null;
    if (generationId < 0 && (isNobody || this.state === 'Empty')) return errorCodes.NONE;
    return this.checkMember(memberId, generationId, groupInstanceId);
  }

  /** Whether a member reads this topic; also when a subscription has a format that the broker does not know. */
  isSubscribedTo(topic: string): boolean {
    return this.memberList.some(({ request: { protocols } }) =>
      protocols.some(({ metadata }) => subscribedTopics(metadata)?.includes(topic) ?? true),
    );
  }

  /** Stops all timers and forgets who waits for an answer: the broker goes away, its connections are gone. */
  suspend(): void {
    this.generations.suspend();
    this.members.suspend();
  }

  /** Goes on after `suspend`: every member has a whole session timeout to come back. */
  resume(): void {
    for (const member of this.memberList) this.members.restartSession(member);
    this.generations.resume();
  }

  private fits({ protocolType, protocols }: JoinRequest): boolean {
    if (protocols.length === 0 || protocolType === '') return false;
    if (this.members.size === 0) return true;
    const offers = this.memberList.map(member => member.request.protocols);
    return protocolType === this.generations.protocolType && commonProtocols([protocols, ...offers]).size > 0;
  }

  private addMember(memberId: string, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const isFirst = this.members.size === 0;
    const member = new Member(memberId, request);
    this.members.add(member);
    this.generations.protocolType = request.protocolType;
    member.answerJoin = answer;
    this.generations.prepare(isFirst && this.state === 'Empty' ? this.initialRebalanceDelayMs : 0);
  }

  private rejoin(member: Member, request: JoinRequest, answer: (result: JoinResult) => void): void {
    const isSame = member.offersSame(request.protocols);
    const isLeader = member.id === this.generations.leaderId;
    const keepsGeneration =
      isSame && (this.state === 'CompletingRebalance' || (this.state === 'Stable' && !isLeader));
    if (keepsGeneration) {
      member.request = request;
      this.members.restartSession(member);
      return answer(this.generations.joinResult(member));
    }
    member.request = request;
    member.session?.cancel();
    member.answerJoin = answer;
    this.generations.prepare();
  }

  /**
   * Lets a restarted process take the place of the static member of its name: it gets a new id, the old one is fenced.
   *
   * In a stable group nothing is shared out again, unless its offer would change the protocol: it gets its partitions
   * back with SyncGroup. While a generation is being completed a new one is needed, because the assignment may be on its way to the
   * process that is gone.
   */
  private takeOver(
    predecessor: Member,
    memberId: string,
    request: JoinRequest,
    answer: (result: JoinResult) => void,
  ): void {
    const formerLeader = this.generations.leaderId;
    this.members.remove(predecessor, errorCodes.FENCED_INSTANCE_ID);
    const member = new Member(memberId, request);
    member.assignment = predecessor.assignment;
    this.members.add(member);
    if (formerLeader === predecessor.id) this.generations.leaderId = memberId;
    const offers = this.memberList.map(other => other.request.protocols);
    if (this.state === 'Stable' && chooseProtocol(offers) === this.protocol) {
      this.members.restartSession(member);
      if (request.canSkipAssignment) {
        return answer({
          ...this.generations.joinResult(member),
          skipAssignment: this.generations.leaderId === memberId,
        });
      }
      // Without a way to say so, it is told that its former self leads, so that it does not assign.
      return answer({ ...this.generations.joinResult(member), leaderId: formerLeader ?? '', members: [] });
    }
    member.answerJoin = answer;
    this.generations.prepare();
  }

  private removeMember(memberId: string): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.members.remove(member);
    this.generations.prepare();
  }

  private checkMember(memberId: string, generationId: number, groupInstanceId: string | null): ErrorCode {
    const refusal = this.members.identify(memberId, groupInstanceId);
    if (refusal !== errorCodes.NONE) return refusal;
    return generationId === this.generationId ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION;
  }
}
