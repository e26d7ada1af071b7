import type { ProducerNote, ProducerStatement } from './departed-producers.js';
import type { Joiner, Share } from './plan-placement.js';

/** What a member says when it joins, as it travels in the group's protocol: JSON. */
export type MemberStatement = Omit<Joiner, 'memberId'> &
  ProducerStatement & {
    /** Names this run of the member's process. */
    readonly run?: string;
    /**
     * How often the member has turned a share down. The broker makes no new generation for a member that says what it said
     * before, so it must say something new.
     */
    readonly turnedDownCount: number;
  };

/** What the leader says to a member beside its partitions. */
export type ShareNote = Pick<Share, 'refusal' | 'scatteredFile'> &
  ProducerNote & {
    /** Those of the members of this generation. */
    readonly runs: readonly string[];
    /** `demandsOf` what the member said when its share was made. */
    readonly demands?: string;
  };

/** What a member's share depends on and does not change while it runs. */
export type Demands = Pick<MemberStatement, 'placement' | 'settings'>;

export function demandsOf({ placement, settings }: Demands): string {
  return JSON.stringify([placement, Object.entries(settings).sort()]);
}

export function encodeStatement(statement: MemberStatement): Buffer {
  return Buffer.from(JSON.stringify(statement));
}

/** A statement that cannot be read, e.g. of another version, asks for what is right for every topic. */
export function decodeStatement(bytes: Buffer): MemberStatement {
  const { placement, ownedGeneration, ownedPartitions, settings, scatteredFile, openVersions, ...rest } =
    parseObject(bytes);
  const { producer, knownProducers, turnedDownCount, run } = rest;
  return {
    placement: placement === 'by-file' ? 'by-file' : 'one-member',
    ownedGeneration: Number.isInteger(ownedGeneration) ? (ownedGeneration as number) : -1,
    ownedPartitions: listOf(ownedPartitions, item => Number.isInteger(item)) as number[],
    settings: textsOf(settings),
    ...(typeof scatteredFile === 'string' ? { scatteredFile } : {}),
    openVersions: textList(openVersions),
    ...(typeof producer === 'string' ? { producer } : {}),
    knownProducers: textList(knownProducers),
    ...(typeof run === 'string' ? { run } : {}),
    turnedDownCount: Number.isInteger(turnedDownCount) ? (turnedDownCount as number) : 0,
  };
}

export function encodeNote(note: ShareNote): Buffer {
  return Buffer.from(JSON.stringify(note));
}

export function decodeNote(bytes: Buffer): ShareNote {
  const { refusal, scatteredFile, knownProducers, departedProducers, demands, runs } = parseObject(bytes);
  return {
    ...(typeof refusal === 'string' ? { refusal } : {}),
    ...(typeof scatteredFile === 'string' ? { scatteredFile } : {}),
    knownProducers: textList(knownProducers),
    departedProducers: textList(departedProducers),
    runs: textList(runs),
    ...(typeof demands === 'string' ? { demands } : {}),
  };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function listOf(value: unknown, isItem: (item: unknown) => boolean): unknown[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

function textList(value: unknown): string[] {
  return listOf(value, item => typeof item === 'string') as string[];
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter(([, text]) => typeof text === 'string');
  return Object.fromEntries(texts);
}
