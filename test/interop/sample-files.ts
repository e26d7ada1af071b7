import { seededBytes } from '../invariants/harness/seeded-random.js';

/** By path: several chunks and one, names with a space and beyond ASCII, folders in folders. */
export const sampleFiles: Readonly<Record<string, Buffer>> = {
  'diffraction pattern.xy': Buffer.from('10.00 152\n10.02 149\n'.repeat(40_000)),
  'sub/détecteur-é.bin': seededBytes('detector', 1_300_000),
  'sub/deep/tiny.txt': Buffer.from('1'),
};
