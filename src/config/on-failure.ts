/** What becomes of a file that the method fails for; the same words as in the configuration. */
export const onFailures = ['dead-letter', 'stop'] as const;
export type OnFailure = (typeof onFailures)[number];
