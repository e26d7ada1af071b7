/** What a member says about transactional producers when it joins. */
export interface ProducerStatement {
  /** Its transactional id, if it has one. */
  readonly producer?: string;
  /** Those of the members that it knew of before. */
  readonly knownProducers: readonly string[];
}

/** What all members hear. */
export interface ProducerNote {
  /** Transactional ids of the members. */
  readonly knownProducers: readonly string[];
  /** Those of members that are gone. */
  readonly departedProducers: readonly string[];
}

/** Travel in each JoinGroup and are kept by the broker. */
const maxKnownProducers = 200;

/**
 * Finds the transactional ids of members that are gone.
 *
 * A killed member may have left a transaction undecided, and until it is decided nobody is told the offsets of its partitions:
 * 15 to 25 seconds, until its timeout. Whoever initialises its transactional id decides it at once. Only the members know
 * that id, so each says of whom it knew.
 */
export function findDepartedProducers(members: readonly ProducerStatement[]): ProducerNote {
  const present = new Set(members.flatMap(({ producer = [] }) => producer));
  const known = new Set(members.flatMap(({ knownProducers }) => knownProducers));
  return {
    knownProducers: [...present].slice(0, maxKnownProducers),
    departedProducers: [...known].filter(producer => !present.has(producer)).slice(0, maxKnownProducers),
  };
}
