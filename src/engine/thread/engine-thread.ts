import { parentPort, workerData } from 'node:worker_threads';
import { describeError, ProcessorError } from '../../errors.js';
import type { EngineEnd, EngineListener } from '../engine.js';
import { runEngine } from '../run-engine.js';
import { MessageBatch } from './message-batch.js';
import type { ClonedEngineEnd, EngineThreadData, FromEngine, ToEngine } from './thread-messages.js';

/** The engine's thread. It never waits for the user's code, so heartbeats and fetching go on whatever that does. */
const port = parentPort!;

const batch = new MessageBatch<FromEngine>((messages, transfer) => port.postMessage(messages, transfer));

function post(message: FromEngine, transfer: ArrayBuffer[] = []): void {
  batch.add(message, transfer);
}

const listener: EngineListener = {
  onFileReady: file => post({ kind: 'file-ready', file }, file.bytes === undefined ? [] : [file.bytes]),
  onDiscard: (scope, reason) => post({ kind: 'discard', scope, reason }),
  onReport: report => post({ kind: 'report', report }),
  onProgress: progress => post({ kind: 'progress', progress }),
  onLog: line => post({ kind: 'log', line }),
  onContent: answer =>
    post({ kind: 'content', answer }, answer.kind === 'bytes' ? [answer.bytes.buffer as ArrayBuffer] : []),
};

const engine = runEngine(workerData as EngineThreadData, listener);
port.on('message', (message: ToEngine) => {
  if (message.kind === 'settled') engine.settle(message.settled);
  else if (message.kind === 'backing-off') engine.backOff(message.workId, message.isBackingOff);
  else if (message.kind === 'content') engine.content(message.request);
  else if (message.kind === 'log-line') engine.keepLogLine(message.line);
  else if (message.kind === 'stop') engine.stop();
  else engine.abandon();
});
void engine.ended.then(end => {
  post({ kind: 'ended', end: toClonable(end) });
  batch.flush();
  port.close();
});

function toClonable(end: EngineEnd): ClonedEngineEnd {
  if (end.kind !== 'failed') return end;
  // The other side gives it a name of its own.
  const { name } = end.error;
  const isProcessor = end.error instanceof ProcessorError;
  return { kind: 'failed', message: describeError(end.error).replace(`${name}: `, ''), isProcessor };
}
