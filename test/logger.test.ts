import { describe, expect, it } from 'vitest';
import { createForwardingLogger, type LogLine } from '../src/logger.js';

function forwarding() {
  const lines: LogLine[] = [];
  return { logger: createForwardingLogger('trace', line => lines.push(line)), lines };
}

describe('a logger that hands its lines over', () => {
  it('hands over level, fields and text', () => {
    const { logger, lines } = forwarding();
    logger.child({ file: 'a.dat' }).warn({ peaks: 3 }, 'only %d peaks', 3);
    expect(lines).toEqual([{ level: 'warn', fields: { file: 'a.dat', peaks: 3 }, message: 'only 3 peaks' }]);
  });

  it.each<Record<string, unknown>>([
    { level: 3.5 },
    { level: 'error' },
    { level: 'child' },
    { level: null },
    { time: 'noon', pid: 7, hostname: 'tank', name: 'water' },
  ])('takes %j for fields of the user, and for nothing else', fields => {
    const { logger, lines } = forwarding();
    logger.info(fields, 'water level');
    logger.child({ tank: 1 }).debug(fields, 'water level');
    logger.info(fields);
    expect(lines).toEqual([
      { level: 'info', fields, message: 'water level' },
      { level: 'debug', fields: { tank: 1, ...fields }, message: 'water level' },
      { level: 'info', fields, message: '' },
    ]);
  });

  it('takes a field msg for the text where it can be one', () => {
    const { logger, lines } = forwarding();
    logger.info({ msg: 'own' });
    logger.info({ msg: 'own' }, 'text');
    logger.info({ msg: [5] });
    expect(lines).toEqual([
      { level: 'info', fields: {}, message: 'own' },
      { level: 'info', fields: {}, message: 'text' },
      { level: 'info', fields: { msg: [5] }, message: '' },
    ]);
  });

  it('takes a level of the user for the one below it', () => {
    const { logger, lines } = forwarding();
    const own = logger.child({}, { customLevels: { notice: 35, whisper: 5 }, level: 'whisper' });
    own.notice('look');
    own.whisper('hush');
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual(['info: look', 'trace: hush']);
  });
});
