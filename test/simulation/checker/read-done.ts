import type { StateRecord } from '../facts.js';

/** Which version the state topic says is done, read by the description of its form. */
export function readDone({ key, value }: StateRecord): { readonly versionId: string } | undefined {
  if (key.startsWith('/') || value === null) return undefined;
  const { versionId, outcome } = JSON.parse(value) as { versionId: string; outcome: string };
  return outcome === 'done' ? { versionId } : undefined;
}
