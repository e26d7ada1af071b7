import { internals, type ProtocolRequest } from '../kafkajs-internals.js';
import { processWide } from '../process-wide.js';

/**
 * Static membership (KIP-345): a member that is started again under the same name takes its own place in the group at once,
 * while the broker still believes in the process that was killed.
 *
 * kafkajs encodes the name in its requests, but always as null. It is put in here: into JoinGroup from a symbol on the
 * member's protocol, which kafkajs passes on untouched, into the others by the member id that the broker gave. OffsetCommit and
 * LeaveGroup need none: the broker knows the members' ids, and the replaced process has another one.
 */
const instanceId = Symbol.for('kafka-reproducer: group instance id');

/** Marks what an assigner's `protocol` returns. */
export function withInstanceId<T extends object>(protocol: T, groupInstanceId: string | undefined): T {
  return groupInstanceId === undefined
    ? protocol
    : Object.assign(protocol, { [instanceId]: groupInstanceId });
}

interface MemberRequest {
  readonly memberId: string;
  readonly groupProtocols?: readonly { readonly [instanceId]?: string }[];
}

/** Names by member id; the latest ones, as a member that joins anew gets another id. */
const instanceIds = processWide('group instance ids', () => new Map<string, string>());
const maxInstanceIds = 1_000;

/** The versions that have the field. */
const fieldSince = { JoinGroup: 5, SyncGroup: 3, Heartbeat: 3 } as const;

type MakeRequest = (args: MemberRequest & { groupInstanceId?: string | null }) => ProtocolRequest;

export function patchStaticMembership(): void {
  const { requests } = internals;
  if (requests === undefined) return;
  wrap('JoinGroup', original => args => join(original, args));
  for (const name of ['SyncGroup', 'Heartbeat'] as const)
    wrap(
      name,
      original => args => original({ ...args, groupInstanceId: instanceIds.get(args.memberId) ?? null }),
    );
}

function wrap(name: keyof typeof fieldSince, change: (original: MakeRequest) => MakeRequest): void {
  const requests = internals.requests!;
  const unchanged = requests[name]!;
  requests[name] = {
    versions: unchanged.versions,
    protocol: asked => {
      const original = unchanged.protocol(asked) as MakeRequest;
      return asked.version < fieldSince[name] ? original : change(original);
    },
  };
}

function join(original: MakeRequest, args: MemberRequest): ProtocolRequest {
  const groupInstanceId = args.groupProtocols?.[0]?.[instanceId];
  if (groupInstanceId === undefined) return original(args);
  const made = original({ ...args, groupInstanceId });
  const decode = async (raw: Buffer): Promise<unknown> => {
    const answer = await made.response.decode(raw);
    remember((answer as { memberId: string }).memberId, groupInstanceId);
    return answer;
  };
  return { ...made, response: { ...made.response, decode } };
}

function remember(memberId: string, groupInstanceId: string): void {
  instanceIds.set(memberId, groupInstanceId);
  for (const oldest of instanceIds.keys()) {
    if (instanceIds.size <= maxInstanceIds) break;
    instanceIds.delete(oldest);
  }
}
