import kafkajs from 'kafkajs';
import type { Cluster, Coordinator } from '../kafkajs-internals.js';
import { decodeNote, type ShareNote } from './member-statement.js';

const { MemberAssignment } = kafkajs.AssignerProtocol;

export interface GroupHooks {
  /**
   * The leader's note beside this member's partitions; right before kafkajs's GROUP_JOIN. `rejoin`: not a share for what this
   * member asks for. A member with a name that is started again gets the share of its former process, and nobody looks
   * at its settings, which may be others now; when it then joins once more, they are looked at.
   */
  onShareNote(note: ShareNote): 'take' | 'rejoin';
  /** Whether the member is to join again, as it has something new to say; asked at each heartbeat. */
  readonly wantsRejoin: boolean;
}

const hooked = new WeakSet<Coordinator>();

/**
 * Hooks into what one kafkajs consumer says to its group's coordinator: kafkajs gives assigners no way to hear the leader's
 * user data, nor a member a way to ask for a rebalance.
 */
export function hookGroupCoordinator(cluster: Cluster, hooks: GroupHooks): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async group => {
    const coordinator = await find(group);
    if (!hooked.has(coordinator)) hook(coordinator, hooks);
    return coordinator;
  };
}

function hook(coordinator: Coordinator, hooks: GroupHooks): void {
  hooked.add(coordinator);
  const syncGroup = coordinator.syncGroup.bind(coordinator);
  coordinator.syncGroup = async request => {
    const response = await syncGroup(request);
    const { userData = Buffer.alloc(0) } = MemberAssignment.decode(response.memberAssignment) ?? {};
    if (hooks.onShareNote(decodeNote(userData)) === 'rejoin')
      throw new RejoinRequest('the share is that of a member with other settings');
    return response;
  };
  const heartbeat = coordinator.heartbeat.bind(coordinator);
  coordinator.heartbeat = async request => {
    // Sent in any case: who keeps the member in its group meanwhile does not join again.
    const response = await heartbeat(request);
    if (hooks.wantsRejoin) throw new RejoinRequest('this member has something to say to its group');
    return response;
  };
}

/** For kafkajs the broker's own word that the group is being put together anew. */
class RejoinRequest extends Error {
  override readonly name = 'RejoinRequest';
  readonly type = 'REBALANCE_IN_PROGRESS';
}
