import { parentPort, workerData } from 'node:worker_threads';
import { HashWork } from './hash-work.js';
import type { FromHashThread, HashThreadData, ToHashThread } from './hash-messages.js';

/** The thread that hashes: it may compute for a second, as nothing else runs in it. */
const port = parentPort!;
const { memory } = workerData as HashThreadData;
const work = new HashWork(new Uint8Array(memory), (answer: FromHashThread) => port.postMessage(answer));
port.on('message', (message: ToHashThread) => work.take(message));
