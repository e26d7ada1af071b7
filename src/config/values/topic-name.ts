/** Kafka's rule for the names of topics. */
export const topicName = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
/** The same in words, after the name of what must be one. */
export const topicNameRule = 'must be a topic name: up to 249 letters, digits, dots, underscores and hyphens';
/** Kafka has the same rule for the names of group members. */
export const groupInstanceIdRule = 'must be up to 249 letters, digits, dots, underscores and hyphens';
