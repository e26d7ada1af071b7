/** A time as Python's `isoformat` writes it in UTC: microseconds, left out when they are zero, and `+00:00`. */
export function pythonTimestamp(time: Date): string {
  const [seconds, milliseconds] = time.toISOString().slice(0, -1).split('.') as [string, string];
  return `${seconds}${milliseconds === '000' ? '' : `.${milliseconds}000`}+00:00`;
}
