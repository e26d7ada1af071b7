import { ConfigError, describeError, ProcessorCrashedError, ProcessorTimeoutError } from '../../errors.js';
import type { Logger, LogLine } from '../../logger.js';
import { ContentServer } from '../content/content-server.js';
import type { ContentSource } from '../content/content-source.js';
import type { CallRequest } from '../call-place.js';
import type { Clock } from '../clock.js';
import type { ExclusiveLock } from '../exclusive-lock.js';
import type { FileReady } from '../file-work.js';
import { withoutStack, type MethodResult } from '../invoke-method.js';
import { inOwnMemory } from '../outgoing-memory.js';
import { serializedErrorText, serializeError } from '../serialize-error.js';
import type { AbortReason, FileForChild, FromChild, Refusal } from './child-messages.js';
import type { ChildEnd, ChildPort, StartChild } from './child-port.js';
import { errorFrom } from './error-from.js';
import { LentLock } from './lent-lock.js';
import { relayedFields } from './relayed-fields.js';

export interface MethodChildOptions {
  readonly startChild: StartChild;
  /** What the child needs to make the instance. */
  readonly start: unknown;
  /** `PeakFinder.findPeaks`, for messages to people. */
  readonly methodName: string;
  readonly lock: ExclusiveLock;
  /** Reads contents that are held nowhere. */
  readonly contents: ContentSource;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface RunningCall {
  readonly request: CallRequest;
  readonly finish: (result: MethodResult) => void;
}

/** A call that runs when its worker ends is waited for so long before it is killed; it was told to stop by then. */
const closeGraceMs = 1_000;

/** One thread or process that calls the method, as the worker sees it. It makes one call at a time. */
export class MethodChild {
  /** Resolves when calls can be made; rejects with why there will be none. */
  readonly ready: Promise<void>;
  readonly ended: Promise<ChildEnd>;
  readonly #options: MethodChildOptions;
  readonly #port: ChildPort;
  readonly #lock: LentLock;
  readonly #contents: ContentServer;
  #state: 'starting' | 'idle' | 'busy' | 'closing' | 'ended' = 'starting';
  #call: RunningCall | undefined;
  #end: ChildEnd | undefined;
  /** What `onStop` came to; undefined as long as it has not ended. */
  #stopped: { readonly error: Error | undefined } | undefined;
  #resolveReady!: () => void;
  #rejectReady!: (error: Error) => void;
  #resolveEnded!: (end: ChildEnd) => void;

  constructor(options: MethodChildOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Whoever waits for it handles it; nobody does when the worker ends meanwhile.
    this.ready.catch(() => undefined);
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#port = options.startChild({
      onMessage: message => this.#hear(message),
      onEnd: end => this.#onEnd(end),
    });
    this.#lock = new LentLock(options.lock, request => this.#port.post({ kind: 'lock-granted', request }));
    this.#contents = new ContentServer(options.contents, answer =>
      this.#port.post({ kind: 'content', answer }),
    );
    this.#port.post({ kind: 'begin', start: options.start });
  }

  get name(): string {
    return this.#port.name;
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Makes a call; only when it is ready and no other call runs. Never rejects. */
  call(request: CallRequest): Promise<MethodResult> {
    return new Promise(resolve => {
      const { signal, attempt } = request.context;
      const onAbort = (): void => this.#port.post({ kind: 'abort', reason: abortReason(signal.reason) });
      const finish = (result: MethodResult): void => {
        this.#call = undefined;
        if (this.#state === 'busy') this.#state = 'idle';
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      if (this.#end !== undefined) {
        resolve(this.#crashed(request.ready, this.#end));
        return;
      }
      this.#state = 'busy';
      this.#call = { request, finish };
      try {
        const file = fileForChild(request.ready);
        this.#port.post({ kind: 'call', file, attempt, holdsLock: request.holdsLock });
      } catch (error) {
        finish({ kind: 'failed', reason: 'threw', error: serializeError(error), isRetriable: false });
        return;
      }
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort);
    });
  }

  /** The worker is to stop; the child gives up starting if it likes. */
  tellStopping(reason: string): void {
    if (this.#state === 'starting') this.#port.post({ kind: 'stopping', reason });
  }

  /**
   * Lets `onStop` run and the child end; one that starts is killed, and so is one whose call does not end soon.
   * @returns what went wrong
   */
  async close(summary: unknown): Promise<Error | undefined> {
    if (this.#call !== undefined) await this.#callEndOr(closeGraceMs);
    if (this.#state !== 'idle') {
      this.kill();
      await this.ended;
      return undefined;
    }
    this.#state = 'closing';
    this.#port.post({ kind: 'end', summary });
    const { text } = await this.ended;
    if (this.#stopped !== undefined) return this.#stopped.error;
    return new ProcessorCrashedError(`the ${this.name} ${text} before onStop had ended`);
  }

  /** Ends it at once; a call that runs fails. */
  kill(): void {
    if (this.#state !== 'ended') this.#port.kill();
  }

  #callEndOr(ms: number): Promise<void> {
    return new Promise(resolve => {
      const { request, finish } = this.#call!;
      const cancel = this.#options.clock.after(ms, resolve);
      this.#call = {
        request,
        finish: result => {
          cancel();
          finish(result);
          resolve();
        },
      };
    });
  }

  /** Whatever a child sends, the worker outlives it. */
  #hear(message: FromChild): void {
    try {
      this.#onMessage(message);
    } catch (error) {
      const { logger, methodName } = this.#options;
      if (message.kind === 'log') {
        // A logger of the user's may refuse fields that are plain objects by now.
        logger.warn(
          { line: message.line },
          `${methodName}: a line that the ${this.name} logged could not be written: ${describeError(error)}`,
        );
        return;
      }
      logger.error(
        { err: error },
        `${methodName}: what the ${this.name} sent (${message.kind}) could not be taken; it is ended`,
      );
      this.kill();
    }
  }

  #onMessage(message: FromChild): void {
    switch (message.kind) {
      case 'ready':
        this.#state = 'idle';
        return this.#resolveReady();
      case 'refused':
        return this.#rejectReady(refusalError(message.refusal));
      case 'returned':
        return this.#call?.finish(withOwnMemory(message.result));
      case 'progress':
        return this.#call?.request.context.progress(message.progress.fraction);
      case 'log':
        return this.#relay(message.line);
      case 'content':
        return this.#contents.take(message.request);
      case 'lock':
        return this.#lock.request(message.request);
      case 'unlock':
        return this.#lock.giveBack(message.request);
      case 'ended':
        this.#stopped = { error: message.error && errorFrom(message.error) };
        return;
      case 'uncaught':
        // Told with its end.
        return;
    }
  }

  #relay({ level, fields, message }: LogLine): void {
    // A child, as the method's own logger is: what it logs is not told by its text alone.
    const logger = this.#options.logger.child({});
    const own = relayedFields(fields);
    // A line without a text has none here either.
    if (message === '') logger[level](own);
    else logger[level](own, message);
  }

  #onEnd(end: ChildEnd): void {
    this.#state = 'ended';
    this.#end = end;
    this.#lock.giveBackAll();
    this.#contents.closeAll();
    const when = end.wasRefused === true ? '' : ' before it was ready for files';
    this.#rejectReady(new ProcessorCrashedError(`the ${this.name} ${describeEnd(end)}${when}`));
    if (this.#call !== undefined) this.#call.finish(this.#crashed(this.#call.request.ready, end));
    this.#resolveEnded(end);
  }

  #crashed({ info }: FileReady, end: ChildEnd): MethodResult {
    const { methodName } = this.#options;
    const error = withoutStack(
      new ProcessorCrashedError(
        `${methodName}: the ${this.name} that worked on ${info.path} ${describeEnd(end)}`,
      ),
    );
    const stack = end.error?.stack;
    return {
      kind: 'failed',
      reason: 'crashed',
      error: stack === undefined ? error : { ...error, stack },
      isRetriable: true,
    };
  }
}

/** Continues a sentence about the child. */
export function describeEnd({ text, error }: ChildEnd): string {
  return error === undefined
    ? text
    : `${text} after an error that nothing caught: ${serializedErrorText(error)}`;
}

function fileForChild(ready: FileReady): FileForChild {
  const { workId, info, bytes, size, storedAt, localPath, isOnTopic, resultId } = ready;
  return {
    workId,
    info,
    size,
    resultId,
    ...(bytes === undefined ? {} : { bytes: new Uint8Array(bytes, 0, size) }),
    ...(storedAt === undefined ? {} : { storedAt }),
    ...(localPath === undefined ? {} : { localPath }),
    ...(isOnTopic === undefined ? {} : { isOnTopic }),
  };
}

function abortReason(reason: unknown): AbortReason {
  const kind = reason instanceof ProcessorTimeoutError ? 'timed-out' : 'discarded';
  return { kind, message: reason instanceof Error ? reason.message : String(reason) };
}

function withOwnMemory(result: MethodResult): MethodResult {
  return result.kind === 'returned' ? { ...result, messages: inOwnMemory(result.messages) } : result;
}

function refusalError({ kind, error }: Refusal): Error {
  return kind === 'usage' ? new ConfigError(error.message) : errorFrom(error);
}
