export { systemClock, type Clock, type Timer } from './clock.js';
export { EmbeddedKafka } from './embedded-kafka.js';
export { type GroupState } from './groups/group.js';
export { type EmbeddedKafkaOptions } from './options.js';
export { type Compression } from './protocol/record-batch.js';
export { type Decompress, type StoredRecord } from './protocol/records.js';
export { type GroupOffset, type GroupView, type LogBatch } from './views.js';
