import type { Engine, EngineHosting, EngineListener, EngineOptions } from './engine.js';
import { runEngine } from './run-engine.js';
import { ThreadEngine } from './thread/thread-engine.js';

/**
 * Starts an engine. It connects, joins the group and reads until it is stopped, waiting for a broker that is away.
 *
 * @param listener called in the calling thread
 * @param hosting `thread`: in a thread of its own, so that a method that computes for minutes costs no group
 *   membership. `inline`: in the calling thread
 */
export function startEngine(
  options: EngineOptions,
  listener: EngineListener,
  hosting: EngineHosting,
): Engine {
  return hosting === 'thread' ? new ThreadEngine(options, listener) : runEngine(options, listener);
}
