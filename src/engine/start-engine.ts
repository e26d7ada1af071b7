import type { Engine, EngineHosting, EngineListener, EngineOptions } from './engine.js';
import { ThreadEngine } from './thread/thread-engine.js';

/**
 * Starts an engine. It connects, joins the group and reads until it is stopped, waiting for a broker that is away.
 *
 * @param listener called in the calling thread
 */
export type StartEngine = (options: EngineOptions, listener: EngineListener) => Engine;

/**
 * Loads what starts engines: the Kafka client only if it is to run in this thread.
 *
 * @param hosting `thread`: in a thread of its own, so that a method that computes for minutes costs no group
 *   membership. `inline`: in the calling thread
 */
export async function loadEngine(hosting: EngineHosting): Promise<StartEngine> {
  if (hosting === 'thread') return (options, listener) => new ThreadEngine(options, listener);
  const { runEngine } = await import('./run-engine.js');
  return runEngine;
}
