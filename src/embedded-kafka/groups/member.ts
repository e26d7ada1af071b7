import { type Timer } from '../clock.js';
import { type ErrorCode } from '../protocol/error-codes.js';

/** A way of sharing out partitions that a member offers, with its subscription. Both are opaque to the broker. */
export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  /** Empty on the first join. */
  readonly memberId: string;
  /** Name of a static member: one that keeps its place and its partitions when its process is restarted. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly GroupProtocol[];
  /** Whether the client can be told its member id before it really joins (JoinGroup 4 and later). */
  readonly isMemberIdRequired: boolean;
  /** Whether a leader that comes back can be told to leave the assignment as it is (JoinGroup 9 and later). */
  readonly canSkipAssignment: boolean;
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface JoinResult {
  readonly code: ErrorCode;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly memberId: string;
  /** Everybody, for the leader; empty for the others. */
  readonly members: readonly JoinedMember[];
  /** Told to a leader that came back into a group that need not be shared out again. */
  readonly skipAssignment: boolean;
}

export interface SyncRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** Null in versions that do not send it. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** From the leader only. */
  readonly assignments: ReadonlyMap<string, Buffer>;
}

export interface SyncResult {
  readonly code: ErrorCode;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export const noBytes = Buffer.alloc(0);

/** One member of a group, with the answers that it waits for. */
export class Member {
  assignment: Buffer = noBytes;
  /** Answers the JoinGroup that waits for the others. */
  answerJoin: ((result: JoinResult) => void) | undefined;
  /** Answers the SyncGroup that waits for the leader. */
  answerSync: ((result: SyncResult) => void) | undefined;
  session: Timer | undefined;

  constructor(
    readonly id: string,
    public request: JoinRequest,
  ) {}

  metadataFor(protocolName: string | null): Buffer {
    return this.request.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes;
  }

  /** Whether a join offers the same as the one before, so that the group need not be shared out again. */
  offersSame(protocols: readonly GroupProtocol[]): boolean {
    const mine = this.request.protocols;
    return (
      mine.length === protocols.length &&
      mine.every(
        ({ name, metadata }, index) =>
          name === protocols[index]!.name && metadata.equals(protocols[index]!.metadata),
      )
    );
  }
}
