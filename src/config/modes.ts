/** Where files are put together: `memory`, `disk` (and kept there), or `both`. */
export const modes = ['memory', 'disk', 'both'] as const;
export type Mode = (typeof modes)[number];
