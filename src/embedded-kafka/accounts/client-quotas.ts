import { isIP } from 'node:net';
import { type ErrorName } from '../protocol/error-codes.js';

/** What a quota is for: a user, a client id, an address, or a user with a client id. `null` names the default one. */
export type QuotaEntity = readonly QuotaPart[];

export interface QuotaPart {
  readonly type: string;
  readonly name: string | null;
}

export interface QuotaChange {
  readonly key: string;
  readonly value: number;
  readonly isRemoved: boolean;
}

/** One part of what is looked for: a name, the default (`null`), or anything of this type (`undefined`). */
export interface QuotaFilter {
  readonly type: string;
  readonly name: string | null | undefined;
}

export interface Quota {
  readonly entity: QuotaEntity;
  readonly values: ReadonlyMap<string, number>;
}

const rates = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'];
const userKeys: ReadonlySet<string> = new Set(rates);
const addressKeys: ReadonlySet<string> = new Set(['connection_creation_rate']);
const partTypes: ReadonlySet<string> = new Set(['user', 'client-id', 'ip']);

/** The quotas of clients. They are kept and shown; nobody is slowed down by them. */
export class ClientQuotas {
  private readonly quotas = new Map<string, { entity: QuotaEntity; values: Map<string, number> }>();

  /**
   * Sets and removes values of one entity.
   * @returns what is wrong, in one sentence; then nothing is changed
   */
  change(entity: QuotaEntity, changes: readonly QuotaChange[], isDryRun: boolean): string | undefined {
    const mistake = checkEntity(entity) ?? checkChanges(entity, changes);
    if (mistake !== undefined || isDryRun) return mistake;
    const id = idOf(entity);
    const quota = this.quotas.get(id) ?? { entity, values: new Map<string, number>() };
    for (const { key, value, isRemoved } of changes) {
      if (isRemoved) quota.values.delete(key);
      else quota.values.set(key, value);
    }
    if (quota.values.size === 0) this.quotas.delete(id);
    else this.quotas.set(id, quota);
    return undefined;
  }

  /** @param isStrict - only entities that have no other parts than those that are looked for */
  find(filters: readonly QuotaFilter[], isStrict: boolean): Quota[] {
    return [...this.quotas.values()].filter(
      ({ entity }) =>
        filters.every(filter => entity.some(part => fits(part, filter))) &&
        (!isStrict || entity.length === filters.length),
    );
  }
}

/** @returns what is wrong with filters, and in one sentence why */
export function checkFilters(filters: readonly QuotaFilter[]): readonly [ErrorName, string] | undefined {
  const types = filters.map(({ type }) => type);
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined)
    return ['INVALID_REQUEST', `Entity type ${twice} cannot appear more than once in the filter.`];
  if (types.includes('')) return ['INVALID_REQUEST', 'Invalid empty entity type.'];
  const unknown = types.find(type => !partTypes.has(type));
  return unknown === undefined ? undefined : ['UNSUPPORTED_VERSION', `Unsupported entity type ${unknown}`];
}

function fits({ type, name }: QuotaPart, filter: QuotaFilter): boolean {
  return type === filter.type && (filter.name === undefined || name === filter.name);
}

function idOf(entity: QuotaEntity): string {
  return JSON.stringify(entity.map(({ type, name }) => [type, name]).sort());
}

function checkEntity(entity: QuotaEntity): string | undefined {
  if (entity.length === 0) return 'Invalid empty client quota entity';
  const types = entity.map(({ type }) => type);
  const unknown = types.find(type => !partTypes.has(type));
  if (unknown !== undefined) return `Unhandled client quota entity type: ${unknown}`;
  if (types.includes('ip') && types.length > 1) {
    return 'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId';
  }
  const nameless = entity.find(({ name }) => name === '');
  if (nameless !== undefined) return `Empty ${nameless.type} not supported`;
  const nowhere = entity.find(({ type, name }) => type === 'ip' && name !== null && !isHost(name));
  return nowhere === undefined ? undefined : `${nowhere.name} is not a valid IP or resolvable host.`;
}

/** Kafka also looks a name up. */
function isHost(name: string): boolean {
  return isIP(name) !== 0 || /^[A-Za-z0-9.-]+$/.test(name);
}

function checkChanges(entity: QuotaEntity, changes: readonly QuotaChange[]): string | undefined {
  const known = entity.some(({ type }) => type === 'ip') ? addressKeys : userKeys;
  for (const { key, value, isRemoved } of changes) {
    if (!known.has(key)) return `Invalid configuration key ${key}`;
    if (!isRemoved && !(value > 0)) return `Quota ${key} must be greater than 0`;
  }
  return undefined;
}
