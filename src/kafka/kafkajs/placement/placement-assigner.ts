import kafkajs, { type GroupMember, type GroupMemberAssignment, type PartitionAssigner } from 'kafkajs';
import type { Cluster } from '../kafkajs-internals.js';
import {
  decodeStatement,
  demandsOf,
  encodeNote,
  encodeStatement,
  type MemberStatement,
} from './member-statement.js';
import { findDepartedProducers } from './departed-producers.js';
import { planPlacement } from './plan-placement.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

const name = 'kafka-reproducer';
const version = 1;

interface Subscriber extends MemberStatement {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/**
 * Our partition assigner; see `planPlacement`. One for all placements, as members of a group must share one.
 *
 * @param stateOwn what this member says about itself; asked at each join
 */
export function placementAssigner(stateOwn: () => MemberStatement): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: encodeStatement(stateOwn()) }),
    }),
    assign: ({ members }) => assign(members, cluster as unknown as Cluster),
  });
}

async function assign(members: readonly GroupMember[], cluster: Cluster): Promise<GroupMemberAssignment[]> {
  const subscribers = members.map(toSubscriber);
  const topics = [...new Set(subscribers.flatMap(subscriber => subscriber.topics))];
  // Members of one group may read different topics; the leader knows only its own.
  await cluster.addMultipleTargetTopics(topics);
  const producers = findDepartedProducers(subscribers);
  const runs = subscribers.flatMap(({ run = [] }) => run);
  const demands = new Map(subscribers.map(subscriber => [subscriber.memberId, demandsOf(subscriber)]));
  return topics.flatMap(topic => {
    const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    const joiners = subscribers.filter(subscriber => subscriber.topics.includes(topic));
    return planPlacement(joiners, partitions).map(({ memberId, partitions: share, ...note }) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version,
        assignment: share.length === 0 ? {} : { [topic]: [...share] },
        userData: encodeNote({ ...note, ...producers, runs, demands: demands.get(memberId)! }),
      }),
    }));
  });
}

function toSubscriber({ memberId, memberMetadata }: GroupMember): Subscriber {
  const { topics = [] } = MemberMetadata.decode(memberMetadata) ?? {};
  return { memberId, topics, ...readStatement(memberMetadata) };
}

/** What a member says about itself, out of what the group has of it. */
export function readStatement(memberMetadata: Buffer): MemberStatement {
  const { userData = Buffer.alloc(0) } = MemberMetadata.decode(memberMetadata) ?? {};
  return decodeStatement(userData);
}
