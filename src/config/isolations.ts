/** Where calls of the method run: in the worker's own thread, in threads, or in processes of their own. */
export const isolations = ['none', 'thread', 'process'] as const;
export type Isolation = (typeof isolations)[number];
