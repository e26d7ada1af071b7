/** What lines about files say, which is not the same for each program. */
export interface RunWords {
  /** Whether there are messages to count: a program without results would tell of 0 each time. */
  readonly hasResults: boolean;
  /** What takes the time that is told beside the whole: `in the method`. */
  readonly methodText: string;
}

export const usualWords: RunWords = { hasResults: true, methodText: 'in the method' };
