import type { StateRecord } from '../facts.js';
import { virtualOriginMs } from '../virtual-timers.js';

/** A record of the state topic. */
export interface ReadSuperseded {
  readonly versionId: string;
  readonly supersededBy: string;
  /** Milliseconds of the simulation. */
  readonly atMs: number;
}

/** What the state topic says of versions that were given up for newer ones, read by the description of its form. */
export function readSuperseded({ key, value }: StateRecord): ReadSuperseded | undefined {
  if (!key.startsWith('/superseded/') || value === null) return undefined;
  const { versionId, supersededBy, supersededAt } = JSON.parse(value) as {
    versionId: string;
    supersededBy: string;
    supersededAt: string;
  };
  return { versionId, supersededBy, atMs: Date.parse(supersededAt) - virtualOriginMs };
}
