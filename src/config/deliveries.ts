/** What a crash may do to results; the same words as in the configuration. */
export const deliveries = ['at-least-once', 'exactly-once'] as const;
export type Delivery = (typeof deliveries)[number];
