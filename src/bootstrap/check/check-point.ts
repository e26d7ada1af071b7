/** One thing that was looked at. `note`: it works, and yet somebody should know. */
export interface CheckPoint {
  readonly status: 'ok' | 'note' | 'problem';
  readonly subject: string;
  /** What was found; for a problem also what to do. */
  readonly text: string;
}

/** The answer to --check: one line per point and one with the verdict. */
export function renderCheck(name: string, points: readonly CheckPoint[]): string {
  const width = Math.max(...points.map(({ subject }) => subject.length));
  const lines = points.map(
    ({ status, subject, text }) => `${status.padEnd(7)}  ${subject.padEnd(width)}  ${text}`,
  );
  const problems = points.filter(({ status }) => status === 'problem').length;
  const verdict =
    problems === 0
      ? `${name} can start. Nothing was read or committed.`
      : `${name} cannot work like this: ${problems} ${problems === 1 ? 'problem' : 'problems'}. Nothing was read or committed.`;
  return [...lines, '', verdict, ''].join('\n');
}

/** Turns what goes wrong with one point into a problem, so that the others are still looked at. */
export async function pointsOrProblem(
  subject: string,
  look: () => Promise<CheckPoint[]>,
): Promise<CheckPoint[]> {
  try {
    return await look();
  } catch (error) {
    return [{ status: 'problem', subject, text: error instanceof Error ? error.message : String(error) }];
  }
}
