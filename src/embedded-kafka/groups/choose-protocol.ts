import { type GroupProtocol } from './member.js';

/** Names that every list of offers holds. */
export function commonProtocols(offers: readonly (readonly GroupProtocol[])[]): Set<string> {
  const [first, ...others] = offers;
  const names = (first ?? []).map(({ name }) => name);
  return new Set(names.filter(name => others.every(offer => offer.some(protocol => protocol.name === name))));
}

/**
 * Chooses the protocol of a generation: each member votes for the first of its offers that all can do.
 * @returns `undefined` when there is none that all can do
 */
export function chooseProtocol(offers: readonly (readonly GroupProtocol[])[]): string | undefined {
  const common = commonProtocols(offers);
  const votes = new Map<string, number>();
  for (const offer of offers) {
    const choice = offer.find(({ name }) => common.has(name))?.name;
    if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
  }
  let chosen: string | undefined;
  for (const [name, count] of votes) {
    if (chosen === undefined || count > votes.get(chosen)!) chosen = name;
  }
  return chosen;
}
