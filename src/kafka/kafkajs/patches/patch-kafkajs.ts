import { hideAbortedRecords } from './aborted-records.js';
import { patchGroupFencing } from './group-fencing.js';
import { keepRefusals } from './keep-refusals.js';
import { sendNullHeaders } from './null-headers.js';
import { calmRequestQueues } from './request-queue-timer.js';
import { writeProduceLean } from './lean-produce.js';
import { patchStaticMembership } from './static-membership.js';
import { takeWholeResponses } from './whole-responses.js';

/**
 * Changes what kafkajs does in this process, each part once however often this is called. `checkKafkajs` must have passed.
 * Everything that is changed for all clients of the process is in this folder.
 */
export function patchKafkajs(): void {
  calmRequestQueues();
  patchGroupFencing();
  patchStaticMembership();
  keepRefusals();
  takeWholeResponses();
  sendNullHeaders();
  hideAbortedRecords();
  writeProduceLean();
}
