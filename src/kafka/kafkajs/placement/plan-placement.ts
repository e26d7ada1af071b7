/** What a member of the group says about itself when it joins. */
export interface Joiner {
  readonly memberId: string;
  readonly placement: 'one-member' | 'by-file';
  /** The latest generation in which it had partitions; -1: none. */
  readonly ownedGeneration: number;
  /** Those it had then. */
  readonly ownedPartitions: readonly number[];
  /** What must be the same for all members that work together. */
  readonly settings: Readonly<Record<string, string>>;
  /** It met a file on more than one partition: text for people. */
  readonly scatteredFile?: string;
  /** Ids of files of which it has some chunks and not all. */
  readonly openVersions: readonly string[];
}

/** What one member gets. */
export interface Share {
  readonly memberId: string;
  readonly partitions: readonly number[];
  /** Why it gets nothing: its settings are not those of the group. */
  readonly refusal?: string;
  /** Why one member has all partitions although the members asked for `by-file`. */
  readonly scatteredFile?: string;
}

/**
 * Shares the partitions of one topic out among the members that read it.
 *
 * One member gets all as soon as one asks for that or any has seen that a file lies on several partitions: only this is
 * right for every topic, so a rolling change from one placement to the other is safe. Otherwise each gets its share, as
 * even as possible, and members keep what they have.
 *
 * The member that has partitions already keeps them: a member that was away for a while and does not know that it lost
 * them names an older generation.
 */
export function planPlacement(joiners: readonly Joiner[], partitions: readonly number[]): Share[] {
  const ordered = joiners.toSorted(
    (a, b) => b.ownedGeneration - a.ownedGeneration || (a.memberId < b.memberId ? -1 : 1),
  );
  const [first] = ordered;
  if (first === undefined) return [];
  const refusals = new Map(ordered.map(joiner => [joiner.memberId, refusalOf(joiner, first)]));
  const workers = ordered.filter(({ memberId }) => refusals.get(memberId) === undefined);
  const scatteredFile = findScatteredFile(workers);
  const isSpread = scatteredFile === undefined && workers.every(({ placement }) => placement === 'by-file');
  const shares = isSpread ? spread(workers, partitions) : new Map([[first.memberId, partitions]]);
  return ordered.map(({ memberId }) => {
    const refusal = refusals.get(memberId);
    return {
      memberId,
      partitions: shares.get(memberId) ?? [],
      ...(refusal === undefined ? {} : { refusal }),
      ...(refusal === undefined && scatteredFile !== undefined ? { scatteredFile } : {}),
    };
  });
}

function refusalOf({ settings }: Joiner, { settings: others }: Joiner): string | undefined {
  const names = [...new Set([...Object.keys(others), ...Object.keys(settings)])].sort();
  const differences = names
    .filter(name => (settings[name] ?? '') !== (others[name] ?? ''))
    .map(name => `${name} is ${shown(others[name])} there and ${shown(settings[name])} here`);
  return differences.length === 0 ? undefined : differences.join(', ');
}

function shown(value: string | undefined): string {
  return value === undefined || value === '' ? 'not set' : value;
}

function findScatteredFile(workers: readonly Joiner[]): string | undefined {
  const told = workers.find(({ scatteredFile }) => scatteredFile !== undefined);
  if (told !== undefined) return told.scatteredFile;
  const seen = new Set<string>();
  for (const { openVersions } of workers) {
    const own = new Set(openVersions);
    for (const id of own)
      if (seen.has(id)) return `two members each have chunks of the file with version id ${id}`;
    for (const id of own) seen.add(id);
  }
  return undefined;
}

/** @param workers one or more, the latest owners first */
function spread(workers: readonly Joiner[], partitions: readonly number[]): Map<string, number[]> {
  const claims = claimsOf(workers, partitions);
  // Who has most keeps most, so that fewest partitions move.
  const byClaims = workers.toSorted(
    (a, b) => claims.get(b.memberId)!.length - claims.get(a.memberId)!.length,
  );
  const least = Math.floor(partitions.length / workers.length);
  const quotas = new Map(
    byClaims.map(({ memberId }, at) => [memberId, least + (at < partitions.length % workers.length ? 1 : 0)]),
  );
  const shares = new Map(
    workers.map(({ memberId }) => [memberId, claims.get(memberId)!.slice(0, quotas.get(memberId))]),
  );
  const given = new Set([...shares.values()].flat());
  const left = partitions.filter(partition => !given.has(partition));
  for (const [memberId, share] of shares) share.push(...left.splice(0, quotas.get(memberId)! - share.length));
  return shares;
}

/** What each member had last, as far as nobody had it later. */
function claimsOf(workers: readonly Joiner[], partitions: readonly number[]): Map<string, number[]> {
  const free = new Set(partitions);
  return new Map(
    workers.map(({ memberId, ownedPartitions }) => {
      const claimed = [...new Set(ownedPartitions)].filter(partition => free.delete(partition));
      return [memberId, claimed.sort((a, b) => a - b)];
    }),
  );
}
