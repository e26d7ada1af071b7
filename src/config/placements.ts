/** How the chunks of a file lie on the topic, and so how workers share it; the same words as in the configuration. */
export const placements = ['scattered', 'by-file'] as const;
export type Placement = (typeof placements)[number];
