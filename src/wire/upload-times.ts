/** When a version was uploaded, as far as its chunks say. */
export interface UploadTimes {
  /** When the first and the last of its chunks that were seen were written to the topic, milliseconds since 1970. */
  readonly firstWrittenAtMs: number;
  readonly lastWrittenAtMs: number;
  /** Of the file at the uploader, seconds since 1970; uploaders may leave it out. */
  readonly modifiedAtSeconds?: number;
}

/**
 * Whether all that is known says that a version was uploaded before another one of its path: it began before, nothing of it was
 * written after the other one's last chunk, and the file was not modified later. Whatever contradicts one of them leaves the order open.
 */
export function isOlder(one: UploadTimes, other: UploadTimes): boolean {
  const isModifiedLater =
    one.modifiedAtSeconds !== undefined &&
    other.modifiedAtSeconds !== undefined &&
    one.modifiedAtSeconds > other.modifiedAtSeconds;
  if (isModifiedLater) return false;
  return one.firstWrittenAtMs < other.firstWrittenAtMs && one.lastWrittenAtMs < other.lastWrittenAtMs;
}

/** One of the versions of a path. */
export interface VersionTimes extends UploadTimes {
  readonly versionId: string;
}

/** More of a path are not kept: those that were uploaded last are. */
const maxLatestCount = 20;

/**
 * Of versions of a path those that decide what is older than any of them, with one more: what is older than one that is left out is
 * older than another one, too. So it does not matter in which order they were done. The one whose upload began last comes first.
 */
export function latestWith(versions: readonly VersionTimes[], one: VersionTimes): readonly VersionTimes[] {
  if (versions.some(other => says(other, one))) return versions;
  return [...versions.filter(other => !says(one, other)), one]
    .sort((a, b) => b.firstWrittenAtMs - a.firstWrittenAtMs)
    .slice(0, maxLatestCount);
}

/** Whether all that is older than `other` is older than `one`. */
function says(one: UploadTimes, other: UploadTimes): boolean {
  return (
    one.firstWrittenAtMs >= other.firstWrittenAtMs &&
    one.lastWrittenAtMs >= other.lastWrittenAtMs &&
    (one.modifiedAtSeconds ?? Infinity) >= (other.modifiedAtSeconds ?? Infinity)
  );
}

/** What is known of a version from two sides. */
export function timesOfBoth(one: UploadTimes, other: UploadTimes): UploadTimes {
  const { modifiedAtSeconds = other.modifiedAtSeconds } = one;
  return {
    firstWrittenAtMs: Math.min(one.firstWrittenAtMs, other.firstWrittenAtMs),
    lastWrittenAtMs: Math.max(one.lastWrittenAtMs, other.lastWrittenAtMs),
    ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
  };
}

/** What a message says; a single one was written before there could be several. */
export function latestOf(value: unknown): readonly VersionTimes[] {
  return [value].flat().flatMap(one => versionTimesOf(one) ?? []);
}

/** A value of a message as it should be; undefined: it is not. */
function versionTimesOf(value: unknown): VersionTimes | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { versionId, firstAt, lastAt, modifiedAtSeconds } = value as Record<string, unknown>;
  if (typeof versionId !== 'string') return undefined;
  const [firstWrittenAtMs, lastWrittenAtMs] = [firstAt, lastAt].map(at =>
    typeof at === 'string' ? Date.parse(at) : NaN,
  ) as [number, number];
  if (Number.isNaN(firstWrittenAtMs) || Number.isNaN(lastWrittenAtMs)) return undefined;
  return {
    versionId,
    firstWrittenAtMs,
    lastWrittenAtMs,
    ...(typeof modifiedAtSeconds === 'number' ? { modifiedAtSeconds } : {}),
  };
}

/** The value of a message. */
export function versionTimesValue({
  versionId,
  firstWrittenAtMs,
  lastWrittenAtMs,
  modifiedAtSeconds,
}: VersionTimes): {
  readonly versionId: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly modifiedAtSeconds?: number;
} {
  const at = (ms: number): string => new Date(ms).toISOString();
  return {
    versionId,
    firstAt: at(firstWrittenAtMs),
    lastAt: at(lastWrittenAtMs),
    ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
  };
}
