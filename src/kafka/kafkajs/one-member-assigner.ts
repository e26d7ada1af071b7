import kafkajs, { type GroupMember, type GroupMemberAssignment, type PartitionAssigner } from 'kafkajs';
import type { Cluster } from './kafkajs-internals.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

const name = 'kafka-reproducer-one-member';
const version = 1;

interface Candidate {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** The latest generation in which it had partitions; -1: none. */
  readonly ownedGeneration: number;
}

/**
 * Gives all partitions of a topic to one member; the others stand by. A file whose chunks are scattered over the
 * partitions can only be put together where all of them are read.
 *
 * The member that has them keeps them: when it joins it says in which generation it had them. A member that was away for
 * a while and does not know that it lost them names an older generation.
 *
 * @param ownedGeneration the generation in which this member has partitions, -1 when it has none; asked at each join
 */
export function oneMemberAssigner(ownedGeneration: () => number): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: encodeGeneration(ownedGeneration()) }),
    }),
    assign: ({ members }) => assign(members, cluster as unknown as Cluster),
  });
}

async function assign(members: readonly GroupMember[], cluster: Cluster): Promise<GroupMemberAssignment[]> {
  const candidates = members.map(toCandidate);
  const topics = [...new Set(candidates.flatMap(candidate => candidate.topics))];
  // Members of one group may read different topics; the leader knows only its own.
  await cluster.addMultipleTargetTopics(topics);
  const assignments = new Map<string, Record<string, number[]>>();
  for (const topic of topics) {
    const { memberId } = choose(candidates.filter(candidate => candidate.topics.includes(topic)));
    const assignment = assignments.get(memberId) ?? {};
    assignment[topic] = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    assignments.set(memberId, assignment);
  }
  return [...assignments].map(([memberId, assignment]) => ({
    memberId,
    memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
  }));
}

function toCandidate({ memberId, memberMetadata }: GroupMember): Candidate {
  const decoded = MemberMetadata.decode(memberMetadata);
  const { topics = [], userData = Buffer.alloc(0) } = decoded ?? {};
  return { memberId, topics, ownedGeneration: userData.length === 4 ? userData.readInt32BE() : -1 };
}

function encodeGeneration(generation: number): Buffer {
  const userData = Buffer.alloc(4);
  userData.writeInt32BE(generation);
  return userData;
}

/** @param candidates one or more */
function choose(candidates: readonly Candidate[]): Candidate {
  return candidates.toSorted(
    (a, b) => b.ownedGeneration - a.ownedGeneration || (a.memberId < b.memberId ? -1 : 1),
  )[0]!;
}
