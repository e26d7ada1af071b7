import kafkajs, { type GroupMember, type GroupMemberAssignment, type PartitionAssigner } from 'kafkajs';
import type { Cluster } from '../kafkajs-internals.js';
import { decodeStatement, encodeNote, encodeStatement, type MemberStatement } from './member-statement.js';
import { planPlacement, type Joiner } from './plan-placement.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

const name = 'kafka-reproducer';
const version = 1;

interface Subscriber extends Joiner {
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
  return topics.flatMap(topic => {
    const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    const joiners = subscribers.filter(subscriber => subscriber.topics.includes(topic));
    return planPlacement(joiners, partitions).map(({ memberId, partitions: share, ...note }) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version,
        assignment: share.length === 0 ? {} : { [topic]: [...share] },
        userData: encodeNote(note),
      }),
    }));
  });
}

function toSubscriber({ memberId, memberMetadata }: GroupMember): Subscriber {
  const decoded = MemberMetadata.decode(memberMetadata);
  const { topics = [], userData = Buffer.alloc(0) } = decoded ?? {};
  return { memberId, topics, ...decodeStatement(userData) };
}
