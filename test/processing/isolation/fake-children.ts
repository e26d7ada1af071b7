import { FairLock } from '../../../src/processing/fair-lock.js';
import type { FromChild, ToChild } from '../../../src/processing/isolation/child-messages.js';
import type { ChildEnd, ChildListener } from '../../../src/processing/isolation/child-port.js';
import { ChildPool } from '../../../src/processing/isolation/child-pool.js';
import { FakeClock } from '../fake-clock.js';
import { recordingLogger } from '../fixtures.js';

/** A child that does what a test says. */
export class FakeChild {
  readonly heard: ToChild[] = [];
  isKilled = false;

  constructor(
    readonly name: string,
    readonly listener: ChildListener,
  ) {}

  say(message: FromChild): void {
    this.listener.onMessage(message);
  }

  ready(): void {
    this.say({ kind: 'ready' });
  }

  /** Ends the call that it has. */
  answer(skipped = 'done'): void {
    this.say({ kind: 'returned', result: { kind: 'returned', messages: [], skipped } });
  }

  end(end: ChildEnd = { text: 'ended with exit code 1' }): void {
    this.listener.onEnd(end);
  }

  /** What it was told, without the first message. */
  get told(): string[] {
    return this.heard.slice(1).map(({ kind }) => kind);
  }
}

/** A pool of such children. */
export function fakePool(lock = new FairLock('PeakFinder.findPeaks')) {
  const children: FakeChild[] = [];
  const clock = new FakeClock();
  const { logger, lines } = recordingLogger();
  const pool = new ChildPool({
    startChild: listener => {
      const child = new FakeChild(`process ${children.length + 1}`, listener);
      children.push(child);
      return {
        name: child.name,
        post: message => void child.heard.push(message),
        kill: () => {
          child.isKilled = true;
          child.end({ text: 'was killed by SIGKILL' });
        },
      };
    },
    contents: { open: () => ({ next: () => Promise.resolve(undefined), close: () => undefined }) },
    start: { className: 'PeakFinder' },
    methodName: 'PeakFinder.findPeaks',
    lock,
    logger,
    clock,
  });
  return { pool, children, clock, lines, lock };
}
