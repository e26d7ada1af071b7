const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/**
 * Writes milliseconds as flags take them, in the largest unit that keeps them exact: `90s`, `1500ms`, `24h`. Parts of
 * milliseconds are rounded away.
 */
export function durationText(ms: number): string {
  const whole = Math.round(ms);
  if (whole === 0) return '0s';
  const unit = units.find(([, size]) => whole % size === 0);
  return unit === undefined ? `${whole}ms` : `${whole / unit[1]}${unit[0]}`;
}
