import { type Clock } from '../clock.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { failedJoin, failedSync } from './group-answers.js';
import { Group } from './group.js';
import { type JoinRequest, type JoinResult, type SyncRequest, type SyncResult } from './member.js';

export interface GroupSettings {
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly initialRebalanceDelayMs: number;
}

/** All groups of the broker. */
export class GroupCoordinator {
  private readonly groups = new Map<string, Group>();

  constructor(
    private readonly clock: Clock,
    private readonly settings: GroupSettings,
  ) {}

  all(): Group[] {
    return [...this.groups.values()];
  }

  get(groupId: string): Group | undefined {
    return this.groups.get(groupId);
  }

  /** Joins a group, which is created if need be. Resolves when all its members have joined. */
  join(groupId: string, request: JoinRequest): Promise<JoinResult> {
    const refusal = this.checkJoin(groupId, request);
    if (refusal !== errorCodes.NONE) return Promise.resolve(failedJoin(refusal, request.memberId));
    return new Promise(resolve => this.getOrCreate(groupId).join(request, resolve));
  }

  /** Resolves when the leader has sent the assignments. */
  sync(groupId: string, request: SyncRequest): Promise<SyncResult> {
    if (groupId === '') return Promise.resolve(failedSync(errorCodes.INVALID_GROUP_ID));
    const group = this.groups.get(groupId);
    if (group === undefined) return Promise.resolve(failedSync(errorCodes.UNKNOWN_MEMBER_ID));
    return new Promise(resolve => group.sync(request, resolve));
  }

  /** Keeps a member in its group. */
  heartbeat(
    groupId: string,
    memberId: string,
    generationId: number,
    groupInstanceId: string | null,
  ): ErrorCode {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID;
    const group = this.groups.get(groupId);
    return group?.heartbeat(memberId, generationId, groupInstanceId) ?? errorCodes.UNKNOWN_MEMBER_ID;
  }

  /**
   * The group to commit offsets to. A group that nobody knows is created when the commit names no generation: that
   * is how consumers that assign partitions by themselves, and admin tools, commit.
   */
  forCommit(
    groupId: string,
    memberId: string,
    generationId: number,
    groupInstanceId: string | null = null,
  ): Group | ErrorCode {
    const known = this.groups.get(groupId);
    if (known === undefined && generationId >= 0) return errorCodes.ILLEGAL_GENERATION;
    const group = known ?? this.getOrCreate(groupId);
    const refusal = group.checkCommit(memberId, generationId, groupInstanceId);
    return refusal === errorCodes.NONE ? group : refusal;
  }

  /** The group to which a transaction wants to commit offsets; as `forCommit`, by the rules for transactions. */
  forTransactionalCommit(
    groupId: string,
    memberId: string,
    generationId: number,
    groupInstanceId: string | null,
  ): Group | ErrorCode {
    const known = this.groups.get(groupId);
    if (known === undefined && generationId >= 0) return errorCodes.ILLEGAL_GENERATION;
    const group = known ?? this.getOrCreate(groupId);
    const refusal = group.checkTransactionalCommit(memberId, generationId, groupInstanceId);
    return refusal === errorCodes.NONE ? group : refusal;
  }

  /** Deletes a group with its offsets; only one without members. */
  delete(groupId: string): ErrorCode {
    const group = this.groups.get(groupId);
    if (group === undefined) return errorCodes.GROUP_ID_NOT_FOUND;
    if (group.state !== 'Empty') return errorCodes.NON_EMPTY_GROUP;
    group.suspend();
    this.groups.delete(groupId);
    return errorCodes.NONE;
  }

  /** The group to delete single offsets of; only consumers can have some deleted while they run. */
  forOffsetDelete(groupId: string): Group | ErrorCode {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID;
    const group = this.groups.get(groupId);
    if (group === undefined) return errorCodes.GROUP_ID_NOT_FOUND;
    return group.state === 'Empty' || group.protocolType === 'consumer' ? group : errorCodes.NON_EMPTY_GROUP;
  }

  /** Forgets what was committed for a topic that is deleted. */
  deleteTopic(topic: string): void {
    for (const group of this.groups.values()) {
      group.offsets.deleteTopic(topic);
      group.pendingOffsets.deleteTopic(topic);
    }
  }

  suspend(): void {
    for (const group of this.groups.values()) group.suspend();
  }

  resume(): void {
    for (const group of this.groups.values()) group.resume();
  }

  private checkJoin(groupId: string, { sessionTimeoutMs, memberId }: JoinRequest): ErrorCode {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.settings;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return errorCodes.INVALID_SESSION_TIMEOUT;
    }
    return memberId !== '' && !this.groups.has(groupId) ? errorCodes.UNKNOWN_MEMBER_ID : errorCodes.NONE;
  }

  private getOrCreate(groupId: string): Group {
    let group = this.groups.get(groupId);
    if (group === undefined) {
      group = new Group(groupId, this.clock, this.settings.initialRebalanceDelayMs);
      this.groups.set(groupId, group);
    }
    return group;
  }
}
