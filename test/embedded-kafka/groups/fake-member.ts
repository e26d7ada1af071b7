import { type Group } from '../../../src/embedded-kafka/groups/group.js';
import type { JoinResult, SyncResult } from '../../../src/embedded-kafka/groups/member.js';

export interface MemberOptions {
  readonly protocols?: readonly string[];
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  /** Name of a static member. */
  readonly instance?: string;
  /** Joins as JoinGroup 9 and later. */
  readonly canSkipAssignment?: boolean;
}

/** A member that talks to a group directly and remembers the answers. */
export class FakeMember {
  id = '';
  generationId = -1;
  joined: JoinResult | undefined;
  synced: SyncResult | undefined;

  constructor(
    readonly group: Group,
    readonly name: string,
    private readonly options: MemberOptions = {},
  ) {}

  /** Joins, with the second request that a first join needs. */
  join(): this {
    this.joined = undefined;
    this.sendJoin();
    const answer = this.joined as JoinResult | undefined;
    if (answer?.code === 79) {
      this.id = answer.memberId;
      this.joined = undefined;
      this.sendJoin();
    }
    return this;
  }

  sendJoin(): void {
    const { protocols = ['range'], sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 60_000 } = this.options;
    this.group.join(
      {
        memberId: this.id,
        groupInstanceId: this.options.instance ?? null,
        clientId: this.name,
        clientHost: '127.0.0.1',
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        protocolType: 'consumer',
        protocols: protocols.map(name => ({ name, metadata: Buffer.from(`${this.name}:${name}`) })),
        isMemberIdRequired: true,
        canSkipAssignment: this.options.canSkipAssignment ?? false,
      },
      result => {
        this.joined = result;
        if (result.code !== 0) return;
        this.id = result.memberId;
        this.generationId = result.generationId;
      },
    );
  }

  get isLeader(): boolean {
    return this.joined?.leaderId === this.id;
  }

  /** Asks for the assignment; the leader gives everybody its own name. */
  sync(): this {
    this.synced = undefined;
    const assignments = new Map(
      (this.joined?.members ?? []).map(({ memberId }) => [memberId, Buffer.from(memberId)]),
    );
    const { id: memberId, generationId } = this;
    const groupInstanceId = this.options.instance ?? null;
    this.group.sync(
      { memberId, groupInstanceId, generationId, protocolType: null, protocolName: null, assignments },
      result => (this.synced = result),
    );
    return this;
  }

  heartbeat(): number {
    return this.group.heartbeat(this.id, this.generationId, this.options.instance ?? null);
  }
}
