import type { World } from './simulated-kafka.js';
import type { EventOwner } from './scheduler.js';

/** A consumer as its coordinator sees it. */
export interface GroupMember {
  readonly memberId: string;
  readonly worker: string;
  readonly owner: EventOwner;
  /** It has joined the new generation and stops reading in the old one. */
  onRejoined(): void;
  /** @param runs of all members; undefined: it is not told */
  onGeneration(generation: number, partitions: readonly number[], runs: readonly string[] | undefined): void;
  /** It finds out that the group does not know it any more. */
  readonly onExpelled: () => void;
}

export const sessionTimeoutMs = 1_000;

/** The group coordinator: members, generations, and who has which partitions. */
export class SimulatedGroup {
  readonly #world: World;
  readonly #partitionCount: number;
  readonly #layout: 'scattered' | 'by-file';
  readonly #members = new Map<string, GroupMember>();
  readonly #workers = new Map<string, string>();
  /** Members that have joined the present generation. */
  #joined = new Set<string>();
  #isPreparing = false;
  #generation = 0;

  constructor(world: World, partitionCount: number, layout: 'scattered' | 'by-file') {
    this.#world = world;
    this.#partitionCount = partitionCount;
    this.#layout = layout;
  }

  get isStable(): boolean {
    return !this.#isPreparing && [...this.#members.keys()].every(id => this.#joined.has(id));
  }

  isCurrent(memberId: string, generation: number): boolean {
    return generation === this.#generation && this.#members.has(memberId) && this.#joined.has(memberId);
  }

  /** Kafka's name for why a request of this member is refused; undefined: it is taken. */
  refusalOf(memberId: string, generation: number): string | undefined {
    if (!this.#members.has(memberId)) return 'UNKNOWN_MEMBER_ID';
    if (!this.isCurrent(memberId, generation)) return 'ILLEGAL_GENERATION';
    return this.#isPreparing ? 'REBALANCE_IN_PROGRESS' : undefined;
  }

  workerOf(memberId: string): string {
    return this.#workers.get(memberId) ?? memberId;
  }

  join(member: GroupMember): void {
    this.#members.set(member.memberId, member);
    this.#workers.set(member.memberId, member.worker);
    this.rebalance();
  }

  /** It said that it leaves, or its session timed out. */
  remove(memberId: string): void {
    if (this.#members.delete(memberId)) this.rebalance();
  }

  /** The coordinator forgets a member that is alive; it finds out somewhat later. */
  expel(worker: string): void {
    const member = [...this.#members.values()].find(one => one.worker === worker);
    if (member === undefined) return;
    this.remove(member.memberId);
    const noticesInMs = this.#world.random.whole('group', 1, 600);
    this.#world.scheduler.after(noticesInMs, member.owner, () => member.onExpelled());
  }

  /** Removes the worker's member once its session has timed out, unless it is heard of again. */
  watchSession(worker: string): void {
    this.#world.scheduler.after(sessionTimeoutMs, undefined, () => {
      for (const { memberId, owner, worker: name, onExpelled } of [...this.#members.values()]) {
        if (name !== worker || (!owner.isDead && !owner.isFrozen)) continue;
        this.remove(memberId);
        if (!owner.isDead) this.#world.scheduler.after(1, owner, onExpelled);
      }
    });
  }

  removeAll(): void {
    this.#members.clear();
    this.#joined.clear();
  }

  rebalance(): void {
    if (this.#isPreparing) return;
    this.#isPreparing = true;
    this.#completeIn(this.#world.random.whole('group', 1, 200));
  }

  #completeIn(delayMs: number): void {
    this.#world.scheduler.after(delayMs, undefined, () => {
      const awaited = [...this.#members.values()].some(({ owner }) => owner.isDead || owner.isFrozen);
      // Everybody has to rejoin; who does not is waited for until its session times out.
      if (awaited) this.#completeIn(100);
      else this.#complete();
    });
  }

  #complete(): void {
    this.#isPreparing = false;
    this.#generation += 1;
    const generation = this.#generation;
    const members = [...this.#members.values()];
    this.#joined = new Set(this.#members.keys());
    const owners = new Map<number, string>();
    for (let partition = 0; partition < this.#partitionCount; partition += 1) {
      const member = members[this.#layout === 'scattered' ? 0 : partition % members.length];
      if (member !== undefined) owners.set(partition, member.memberId);
    }
    const workers = [...owners].map(([partition, id]) => [partition, this.workerOf(id)] as const);
    const runs = members.map(({ worker }) => worker);
    this.#world.facts.add({ kind: 'generation', generation, owners: new Map(workers), members: runs });
    for (const member of members) {
      member.onRejoined();
      const partitions = [...owners]
        .filter(([, id]) => id === member.memberId)
        .map(([partition]) => partition);
      const answerMs = this.#world.random.whole('group', 1, 60);
      // As to a member with a name that has just been started again.
      const told = this.#world.random.chance('runs', 0.05) ? undefined : runs;
      this.#world.scheduler.after(answerMs, member.owner, () =>
        member.onGeneration(generation, partitions, told),
      );
    }
  }
}
