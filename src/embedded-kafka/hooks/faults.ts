import { type ApiName } from '../protocol/api-name.js';
import { Fault } from './fault.js';
import { type FaultOptions } from './fault-options.js';
import { type RequestInfo } from './request-info.js';

/**
 * The faults that tests have armed.
 *
 * ```ts
 * const fault = kafka.faults.on('OffsetCommit', { error: 'REBALANCE_IN_PROGRESS', when: { group: 'peaks' } });
 * // ...
 * await fault.fired();
 * ```
 * A request is disturbed by one fault at most: the one that was armed first of those that fit. The others do not count it.
 */
export class Faults {
  private readonly armed = new Set<Fault>();

  /** Whether any fault waits for a request. */
  get isArmed(): boolean {
    return this.armed.size > 0;
  }

  /**
   * Arms a fault.
   * @param apis - the requests it is for, by their names in the protocol; one count for all of them together
   * @throws {TypeError} the options make no sense
   */
  on(apis: ApiName | readonly ApiName[], options: FaultOptions): Fault {
    const fault = new Fault(typeof apis === 'string' ? [apis] : apis, options);
    this.armed.add(fault);
    return fault;
  }

  /** Ends all faults; requests that wait because of them go on. */
  disarmAll(): void {
    for (const fault of this.armed) fault.disarm();
    this.armed.clear();
  }

  /**
   * @internal The fault that disturbs a request of `api`, if one does.
   * @param describe - called only when a fault of this API is armed: finding the names in a request takes time
   */
  take(api: ApiName, describe: () => RequestInfo): Fault | undefined {
    let request: RequestInfo | undefined;
    for (const fault of this.armed) {
      if (!fault.isArmed && fault.heldCount === 0) this.armed.delete(fault);
      else if (fault.concerns(api) && fault.takes((request ??= describe()))) return fault;
    }
    return undefined;
  }

  /** @internal Drops the requests that wait: the broker stops. */
  abandon(): void {
    for (const fault of this.armed) fault.abandon();
  }
}
