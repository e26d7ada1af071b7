import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeNote,
  decodeStatement,
  encodeNote,
  encodeStatement,
  type MemberStatement,
} from '../../../src/kafka/kafkajs/placement/member-statement.js';

const statement: fc.Arbitrary<MemberStatement> = fc
  .record({
    placement: fc.constantFrom<MemberStatement['placement'][]>('one-member', 'by-file'),
    ownedGeneration: fc.integer(),
    ownedPartitions: fc.array(fc.nat()),
    settings: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    openVersions: fc.array(fc.string()),
    knownProducers: fc.array(fc.string()),
    turnedDownCount: fc.nat(),
  })
  .chain(said =>
    fc.oneof(
      fc.constant(said),
      fc.string().map(scatteredFile => ({ ...said, scatteredFile })),
      fc.string().map(producer => ({ ...said, producer })),
    ),
  );
const nothingSaid = {
  placement: 'one-member',
  ownedGeneration: -1,
  ownedPartitions: [],
  settings: {},
  openVersions: [],
  knownProducers: [],
  turnedDownCount: 0,
};

test('a statement arrives as it was made', () => {
  fc.assert(
    fc.property(statement, said => {
      expect(decodeStatement(encodeStatement(said))).toEqual(said);
    }),
  );
});

test('whatever else arrives asks for what is right for every topic, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map(text => Buffer.from(text)),
      ),
      bytes => {
        const { placement } = decodeStatement(Buffer.from(bytes));
        expect(['one-member', 'by-file']).toContain(placement);
        expect(() => decodeNote(Buffer.from(bytes))).not.toThrow();
      },
    ),
  );
  for (const text of ['', 'null', '[]', '{', '{"placement":7,"ownedGeneration":"x","settings":3}'])
    expect(decodeStatement(Buffer.from(text)), text).toEqual(nothingSaid);
});

test('a note arrives as it was made', () => {
  const producers = { knownProducers: ['c'], departedProducers: ['d', 'e'], runs: ['f', 'g'] };
  for (const reasons of [
    {},
    { refusal: 'a' },
    { scatteredFile: 'b' },
    { refusal: 'a', scatteredFile: 'b' },
  ]) {
    const note = { ...reasons, ...producers };
    expect(decodeNote(encodeNote(note))).toEqual(note);
  }
});
