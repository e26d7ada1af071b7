import { EventEmitter } from 'node:events';
import type { ReadStream } from 'node:tty';
import { afterEach, describe, expect, it } from 'vitest';
import { isStartedByNohup } from '../../src/bootstrap/hangup.js';
import { stopOnSignals } from '../../src/bootstrap/signals.js';
import { watchTerminalKeys } from '../../src/bootstrap/terminal-keys.js';
import { recordingLogger } from '../observe/reports.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function watchSignals({ ignoresHangup = false } = {}) {
  const { logger, messages } = recordingLogger();
  const seen: string[] = [];
  let ms = 0;
  undo.push(
    stopOnSignals({
      worker: {
        stop: () => {
          seen.push('stop');
          return new Promise(() => undefined);
        },
      },
      logger,
      drainTimeoutMs: 30_000,
      exit: code => seen.push(`exit ${code}`),
      now: () => ms,
      ignoresHangup,
    }),
  );
  const raise = (signal: NodeJS.Signals): void => void process.emit(signal, signal);
  return { seen, messages, raise, wait: (duration: number) => (ms += duration) };
}

describe('signals', () => {
  it('stop the worker, and a second one ends the process with 130', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { seen, messages, raise, wait } = watchSignals();
      raise(signal);
      expect(seen).toEqual(['stop']);
      wait(1_000);
      raise(signal);
      expect(seen).toEqual(['stop', 'exit 130']);
      expect(messages()).toEqual([
        `${signal}: stopping; running calls may take 30s to end, a second signal ends at once`,
        `${signal}: ending at once; what was not committed is done again after a restart`,
      ]);
      undo.splice(0).forEach(each => each());
    }
  });

  it('count once when npm passes on what the terminal has sent already', () => {
    const { seen, raise, wait } = watchSignals();
    raise('SIGINT');
    wait(50);
    raise('SIGINT');
    expect(seen).toEqual(['stop']);
    raise('SIGTERM');
    expect(seen).toEqual(['stop', 'exit 130']);
  });

  it('from programs count each time, however fast', () => {
    const { seen, raise } = watchSignals();
    raise('SIGTERM');
    raise('SIGTERM');
    expect(seen).toEqual(['stop', 'exit 130']);
  });

  it('of a closed terminal stop the worker, and end at once nothing that stops already', () => {
    const { seen, messages, raise, wait } = watchSignals();
    raise('SIGHUP');
    wait(1_000);
    raise('SIGHUP');
    expect(seen).toEqual(['stop']);
    expect(messages()).toEqual([expect.stringContaining('SIGHUP: stopping')]);
    raise('SIGTERM');
    expect(seen).toEqual(['stop', 'exit 130']);

    const typed = watchSignals();
    typed.raise('SIGINT');
    wait(1_000);
    typed.raise('SIGHUP');
    expect(typed.seen).toEqual(['stop']);
  });

  it('of a closed terminal are nothing to what nohup has started', () => {
    const { seen, raise } = watchSignals({ ignoresHangup: true });
    raise('SIGHUP');
    raise('SIGTERM');
    raise('SIGHUP');
    expect(seen).toEqual(['stop']);
  });

  it('have no listener left afterwards', () => {
    const count = (): number[] =>
      ['SIGTERM', 'SIGINT', 'SIGHUP'].map(signal => process.listenerCount(signal));
    const before = count();
    watchSignals();
    expect(count()).toEqual(before.map(listeners => listeners + 1));
    undo.splice(0).forEach(each => each());
    expect(count()).toEqual(before);
  });
});

/** What of a terminal is used. */
class SimulatedTerminal extends EventEmitter {
  isTTY = true;
  isRaw = false;
  readonly calls: string[] = [];
  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
  resume(): void {
    this.calls.push('resume');
  }
  pause(): void {
    this.calls.push('pause');
  }
  unref(): void {
    this.calls.push('unref');
  }
}

describe('a start with nohup', () => {
  // As Linux counts: close-on-exec, a large file, and for reading, for writing, for both.
  const [reading, writing, both] = [0o2100000, 0o2100001, 0o2100002];
  const isNohup = (command: string | undefined, flags?: number): boolean =>
    isStartedByNohup({ env: command === undefined ? {} : { _: command }, inputFlags: () => flags });

  it('is known by what the shell says that it starts', () => {
    expect(isNohup('/usr/bin/nohup')).toBe(true);
    expect(isNohup('nohup')).toBe(true);
    for (const other of ['/usr/bin/node', '/opt/nohup/node', undefined]) expect(isNohup(other)).toBe(false);
  });

  it('is known by a standard input that cannot be read', () => {
    expect(isNohup('/usr/bin/node', writing)).toBe(true);
    for (const flags of [reading, both, undefined]) expect(isNohup('/usr/bin/node', flags)).toBe(false);
  });
});

describe('keys in a terminal', () => {
  function watchKeys(terminal = new SimulatedTerminal(), isInBackground = false) {
    const seen: string[] = [];
    const stop = watchTerminalKeys({
      input: terminal as unknown as ReadStream,
      logger: recordingLogger().logger,
      onProgress: () => seen.push('progress'),
      onQuit: () => seen.push('quit'),
      raise: signal => seen.push(signal),
      isInBackground: () => isInBackground,
    });
    return { terminal, seen, stop };
  }

  it('c prints progress, q stops, Ctrl-C is SIGINT, others do nothing', () => {
    const { terminal, seen, stop } = watchKeys();
    expect(terminal.isRaw).toBe(true);
    terminal.emit('data', Buffer.from('cxc'));
    terminal.emit('data', Buffer.from('q\u0003'));
    expect(seen).toEqual(['progress', 'progress', 'quit', 'SIGINT']);
    stop();
    expect(terminal.isRaw).toBe(false);
    expect(terminal.calls).toEqual(['resume', 'pause', 'unref']);
    expect(terminal.listenerCount('data')).toBe(0);
  });

  it('are not read when standard input is no terminal, or when another process has it', () => {
    for (const isTTY of [true, false]) {
      const terminal = new SimulatedTerminal();
      terminal.isTTY = isTTY;
      const { stop } = watchKeys(terminal, true);
      expect(terminal.isRaw).toBe(false);
      stop();
      expect(terminal.calls).toEqual([]);
    }
  });
});
