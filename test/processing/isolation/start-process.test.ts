import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FromChild, ToChild } from '../../../src/processing/isolation/child-messages.js';
import type { ChildEnd, ChildPort } from '../../../src/processing/isolation/child-port.js';
import { startProcess } from '../../../src/processing/isolation/start-process.js';
import { seededBytes } from '../../invariants/harness/seeded-random.js';
import { until } from '../../invariants/harness/topics.js';
import { compileProgram } from '../../invariants/harness/worker-process.js';
import { fileInfo } from '../fixtures.js';
import { deferred } from '../../deferred.js';

let program: URL;
beforeAll(async () => {
  const source = new URL('./programs/reads-bytes.ts', import.meta.url);
  program = pathToFileURL(await compileProgram(source, 'to-sources'));
});

/** A process, and what it says, one after the other. */
class Child {
  readonly port: ChildPort;
  readonly ended = deferred<ChildEnd>();
  readonly #heard: FromChild[] = [];
  #onHeard = (): void => undefined;

  constructor() {
    this.port = startProcess(program, {
      onMessage: message => {
        this.#heard.push(message);
        this.#onHeard();
      },
      onEnd: this.ended.resolve,
    });
  }

  async next(): Promise<FromChild> {
    while (this.#heard.length === 0) await new Promise<void>(resolve => (this.#onHeard = resolve));
    return this.#heard.shift()!;
  }

  async kill(): Promise<void> {
    this.port.kill();
    await this.ended.promise;
  }
}

function call(path: string, bytes: Uint8Array): ToChild {
  const file = { workId: 1, info: fileInfo(path), size: bytes.length, resultId: 'id', bytes };
  return { kind: 'call', file, attempt: 1, holdsLock: false };
}

const answerTo = (bytes: Uint8Array): FromChild => {
  const skipped = `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
  return { kind: 'returned', result: { kind: 'returned', messages: [], skipped } };
};

describe('the bytes of files that go to a process', () => {
  it('come whole, one file after the other, whatever the pipe holds at a time', async () => {
    const child = new Child();
    expect(await child.next()).toEqual({ kind: 'ready' });
    for (const size of [3_000_001, 0, 1, 65_535, 65_536, 3_000_002]) {
      const bytes = seededBytes(`${size}`, size);
      child.port.post(call(`${size}.dat`, bytes));
      expect(await child.next()).toEqual(answerTo(bytes));
    }
    await child.kill();
  });

  it('that a process did not read when it died go to the next one, and nothing stays open', async () => {
    const openBefore = openPipes();
    const [dying, other] = [new Child(), new Child()];
    expect([await dying.next(), await other.next()]).toEqual([{ kind: 'ready' }, { kind: 'ready' }]);
    const bytes = seededBytes('dies', 3_000_001);
    dying.port.post(call('dies.dat', bytes));
    expect(await dying.ended.promise).toEqual({ text: 'was killed by SIGKILL' });
    // As a message to any child that has ended: nothing comes of it.
    dying.port.post(call('late.dat', bytes));
    other.port.post(call('again.dat', bytes));
    expect(await other.next()).toEqual(answerTo(bytes));
    await other.kill();
    await until('the end of all pipes', 30_000, () => openPipes() <= openBefore);
  });
});

/** How many descriptors this process has; where that cannot be seen, always the same. */
function openPipes(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
