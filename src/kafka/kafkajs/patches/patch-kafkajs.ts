import { listenInOffsetManagers } from '../offset-fetch-listener.js';
import { checkOnlyVersion, patchOnce } from '../process-wide.js';
import { hideAbortedRecords } from './aborted-records.js';
import { boundAnswers } from './bounded-answers.js';
import { rememberEmptyBatches } from './empty-batches.js';
import { addFetchRule } from './fetch-rules.js';
import { patchGroupFencing } from './group-fencing.js';
import { keepRefusals } from './keep-refusals.js';
import { sendNullHeaders } from './null-headers.js';
import { calmRequestQueues } from './request-queue-timer.js';
import { writeProduceLean } from './lean-produce.js';
import { decodeBatches } from './record-batches.js';
import { refuseToSendTwice } from './send-once.js';
import { patchStaticMembership } from './static-membership.js';
import { takeWholeResponses } from './whole-responses.js';

const patches = {
  listenInOffsetManagers,
  calmRequestQueues,
  patchGroupFencing,
  patchStaticMembership,
  keepRefusals,
  takeWholeResponses,
  sendNullHeaders,
  rememberEmptyBatches,
  writeProduceLean,
  refuseToSendTwice,
  // An answer goes through these in the order of their numbers, whichever of them is asked for first.
  decodeBatches: () => addFetchRule(1, decodeBatches),
  hideAbortedRecords: () => addFetchRule(2, hideAbortedRecords),
  boundAnswers: () => addFetchRule(3, boundAnswers),
};
type PatchName = keyof typeof patches;

/**
 * Changes what kafkajs does in this process, each part once however often this is called and by however many copies of this
 * package. `checkKafkajs` must have passed. Everything that is changed for all clients of the process is in this folder, and in
 * `offset-fetch-listener.ts`.
 *
 * @param names which parts; default all
 * @throws {IllegalStateError} another version of this package has changed it
 */
export function patchKafkajs(names = Object.keys(patches) as readonly PatchName[]): void {
  checkOnlyVersion();
  for (const name of names) patchOnce(name, patches[name]);
}
