import type { ContentAnswer, ContentRequest } from '../../processing/content/content-messages.js';
import type { DiscardReason, FileReady, FileSettled } from '../../processing/file-work.js';
import type { DiscardScope, EngineEnd, EngineLogLine, EngineOptions, EngineProgress } from '../engine.js';
import type { EngineReport } from '../reports.js';

/**
 * What crosses the border between the engine's thread and the user's. All of it is structured-cloneable; the memory of
 * a file and of its results is transferred.
 */

/** Errors lose their class on the way, so their text goes, and whether it was the user's method that ended the worker. */
export type ClonedEngineEnd =
  | Exclude<EngineEnd, { kind: 'failed' }>
  | { readonly kind: 'failed'; readonly message: string; readonly isProcessor: boolean };

export type FromEngine =
  | { readonly kind: 'file-ready'; readonly file: FileReady }
  | { readonly kind: 'discard'; readonly scope: DiscardScope; readonly reason: DiscardReason }
  | { readonly kind: 'report'; readonly report: EngineReport }
  | { readonly kind: 'progress'; readonly progress: EngineProgress }
  | { readonly kind: 'log'; readonly line: EngineLogLine }
  | { readonly kind: 'content'; readonly answer: ContentAnswer }
  | { readonly kind: 'ended'; readonly end: ClonedEngineEnd };

export type ToEngine =
  | { readonly kind: 'settled'; readonly settled: FileSettled }
  | { readonly kind: 'backing-off'; readonly workId: number; readonly isBackingOff: boolean }
  | { readonly kind: 'content'; readonly request: ContentRequest }
  | { readonly kind: 'log-line'; readonly line: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'abandon' };

/** What the thread is started with. */
export type EngineThreadData = EngineOptions;
