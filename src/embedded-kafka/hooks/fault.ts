import { type Timer } from '../clock.js';
import { type ApiName } from '../protocol/api-name.js';
import { checkFaultOptions, type FaultOptions } from './fault-options.js';
import { fits, type RequestInfo } from './request-info.js';
import { WaitableCount } from './waitable-count.js';

const defaultTimeoutMs = 10_000;

/** How a request that was held back goes on: it is handled, or dropped because the broker stops. */
export type Release = 'go' | 'drop';

/**
 * A disturbance that waits for its requests; `EmbeddedKafka.faults.on` makes one.
 *
 * It says how often it has fired, can be awaited and disarmed, so that a test needs no sleeps.
 */
export class Fault {
  private readonly fires = new WaitableCount();
  private readonly held = new Set<(release: Release) => void>();
  private matchedCount = 0;
  private isDisarmed = false;

  /** @throws {TypeError} the options make no sense */
  constructor(
    readonly apis: readonly ApiName[],
    readonly options: FaultOptions,
  ) {
    checkFaultOptions(options);
  }

  /** Whether it will disturb further requests. */
  get isArmed(): boolean {
    const { nth = 1, times = 1 } = this.options;
    return !this.isDisarmed && this.matchedCount < nth - 1 + times;
  }

  /** How many requests it has disturbed. */
  get firedCount(): number {
    return this.fires.value;
  }

  /** How many requests wait because of it. */
  get heldCount(): number {
    return this.held.size;
  }

  /**
   * Resolves when it has fired: the error is on its way, the request is dropped or held, or, with a response that is
   * dropped, a connection closed `after` and `isHandled`, the request has been handled.
   *
   * @param wanted - `count`: how often, from arming on (default 1); `timeoutMs`: of real time (default 10,000)
   * @throws {Error} the time is over; says how many requests came
   */
  fired(wanted: { readonly count?: number; readonly timeoutMs?: number } = {}): Promise<void> {
    const { count = 1, timeoutMs = defaultTimeoutMs } = wanted;
    return this.fires.reaches(count, timeoutMs, () => {
      const matched = `${this.matchedCount} matching requests came`;
      return `the fault on ${this.apis.join(', ')} fired ${this.firedCount} times within ${timeoutMs} ms, expected ${count}: ${matched}`;
    });
  }

  /** Lets all requests go on that wait because of it; those that come later wait again. */
  release(): void {
    this.letGo('go');
  }

  /** Ends it: no further request is disturbed, those that wait go on. */
  disarm(): void {
    this.isDisarmed = true;
    this.release();
  }

  /** Whether requests of this API may be meant. */
  concerns(api: ApiName): boolean {
    return this.isArmed && this.apis.includes(api);
  }

  /** @internal Counts a request if it is meant, and says whether to disturb it. */
  takes(request: RequestInfo): boolean {
    const { when, nth = 1 } = this.options;
    if (!this.isArmed || (when !== undefined && !fits(when, request))) return false;
    this.matchedCount++;
    return this.matchedCount >= nth;
  }

  /** @internal */
  noteFired(): void {
    this.fires.increase();
  }

  /**
   * @internal Waits for `release`.
   * @param startTimer - ends the wait of this one request by itself
   */
  hold(startTimer?: (action: () => void) => Timer): Promise<Release> {
    return new Promise(resolve => {
      const settle = (release: Release): void => {
        timer?.cancel();
        this.held.delete(settle);
        resolve(release);
      };
      this.held.add(settle);
      const timer = startTimer?.(() => settle('go'));
    });
  }

  /** @internal Drops what waits: the broker stops. */
  abandon(): void {
    this.letGo('drop');
  }

  private letGo(release: Release): void {
    for (const settle of [...this.held]) settle(release);
  }
}
