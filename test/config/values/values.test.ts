import { describe, expect, it } from 'vitest';
import { parseBoolean } from '../../../src/config/values/parse-boolean.js';
import { parseBrokers } from '../../../src/config/values/parse-brokers.js';
import { parseByteSize } from '../../../src/config/values/parse-byte-size.js';
import { parseChoice } from '../../../src/config/values/parse-choice.js';
import { parseDuration } from '../../../src/config/values/parse-duration.js';
import { parseList } from '../../../src/config/values/parse-list.js';
import { parseListenAddress } from '../../../src/config/values/parse-listen-address.js';
import { parseLogLevel } from '../../../src/config/values/parse-log-level.js';
import { parseMatch } from '../../../src/config/values/parse-match.js';
import { parseNumber, parseWholeNumber } from '../../../src/config/values/parse-number.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0', 0],
    ['30', 30_000],
    ['0.25', 250],
    [' 5 S ', 5000],
  ])('%j is %d milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 's', '-1s', '5 minutes', '5x', '1e999s', '1h30m', 'Infinity'])('%j is none', text => {
    expect(() => parseDuration(text)).toThrow(
      'must be a duration such as 500ms, 30s, 10m or 24h (a plain number is seconds)',
    );
  });
});

describe('a size', () => {
  it.each([
    ['256MiB', 268_435_456],
    ['64KB', 64_000],
    ['512kib', 524_288],
    ['2GB', 2_000_000_000],
    ['1.5 KiB', 1536],
    ['100', 100],
    ['7B', 7],
    ['1TiB', 1_099_511_627_776],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', '64K', '-1KB', 'many', '1e20TiB'])('%j is none', text => {
    expect(() => parseByteSize(text)).toThrow(
      'must be a size such as 512KiB, 256MiB or 2GB (a plain number is bytes)',
    );
  });
});

describe('a number', () => {
  it.each([
    ['50', 50],
    ['-5', -5],
    ['+.5', 0.5],
    ['1e3', 1000],
    ['007', 7],
  ])('%j is %d', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(['', ' ', '0x10', 'NaN', 'Infinity', '1,5', '1_000', '12 apples', '1e999'])('%j is none', text => {
    expect(() => parseNumber(text)).toThrow('must be a number');
  });

  it('that is whole may be written as OpenMSIStream does, 100.0', () => {
    expect(parseWholeNumber('100.0')).toBe(100);
  });

  it('that is not whole is refused where a whole one is wanted', () => {
    expect(() => parseWholeNumber('1.5')).toThrow('must be a whole number');
  });
});

describe('a boolean', () => {
  it.each(['true', 'True', 'YES', 'on', '1'])('%s is true', text => {
    expect(parseBoolean(text)).toBe(true);
  });

  it.each(['false', 'False', 'no', 'OFF', '0'])('%s is false', text => {
    expect(parseBoolean(text)).toBe(false);
  });

  it('is nothing else', () => {
    expect(() => parseBoolean('maybe')).toThrow('must be true or false (also yes/no, on/off, 1/0)');
  });
});

describe('a list', () => {
  it('ends its items at commas and line ends, without spaces and empty items', () => {
    expect(parseList(' a, b,,\nc d ,')).toEqual(['a', 'b', 'c d']);
  });
});

describe('brokers', () => {
  it('get port 9092 where none is given', () => {
    expect(parseBrokers('kafka-1:9093, kafka-2,[::1]:9094,[fe80::1]')).toEqual([
      'kafka-1:9093',
      'kafka-2:9092',
      '[::1]:9094',
      '[fe80::1]:9092',
    ]);
  });

  it('may come as a list', () => {
    expect(parseBrokers(['a:1,b:2', 'c:3'])).toEqual(['a:1', 'b:2', 'c:3']);
  });

  it('are named when they are no addresses, with the reason', () => {
    expect(() => parseBrokers('a:1,PLAINTEXT://b:2,c:port,d:70000,e:0,:1,f:')).toThrow(
      'must be one or more HOST:PORT, separated by commas; PLAINTEXT://b:2: a broker is HOST:PORT, without PLAINTEXT://; ' +
        'c:port is no HOST:PORT; d:70000: a port is 1 to 65535; e:0: a port is 1 to 65535; :1: the host is missing; f: has no port',
    );
  });

  it('are at least one', () => {
    expect(() => parseBrokers(' , ')).toThrow('must be one or more HOST:PORT, separated by commas');
  });
});

describe('a log level', () => {
  it.each([
    ['info', 'info'],
    ['WARNING', 'warn'],
    ['Critical', 'fatal'],
    ['notset', 'trace'],
    ['silent', 'silent'],
    ['30', 'warn'],
    ['10', 'debug'],
    ['0', 'trace'],
    ['35', 'error'],
    ['99', 'silent'],
  ])('%s is %s', (text, level) => {
    expect(parseLogLevel(text)).toBe(level);
  });

  it.each(['loud', '-1', ''])('%j is none', text => {
    expect(() => parseLogLevel(text)).toThrow(
      'must be one of trace, debug, info, warn, error, fatal, silent',
    );
  });
});

describe('a path pattern', () => {
  it.each([
    ['**/*.csv', ['a.csv', 'x/y/a.csv'], ['a.csv.gz', 'a.txt']],
    ['*.csv', ['a.csv'], ['x/a.csv']],
    ['run-{1,2}/?.txt', ['run-1/a.txt', 'run-2/b.txt'], ['run-3/a.txt', 'run-1/ab.txt']],
    ['/\\.CSV$/i', ['a.csv', 'x/a.CSV'], ['a.csv.gz']],
    ['/^a/b/', ['a/b'], ['xa/b']],
  ])('%s', (pattern, matching, others) => {
    const match = parseMatch(pattern);
    expect(matching.filter(path => !match.test(path))).toEqual([]);
    expect(others.filter(path => match.test(path))).toEqual([]);
  });

  it('keeps no state between two tests', () => {
    const match = parseMatch('/a/g');
    expect([match.test('a'), match.test('a')]).toEqual([true, true]);
  });

  it('is no absolute path', () => {
    expect(() => parseMatch('/data/*.csv')).toThrow(
      'must be a glob without a leading / (paths are relative), or a regular expression between two /',
    );
  });

  it('says what is wrong with an expression', () => {
    expect(() => parseMatch('/(/')).toThrow(
      'is not a regular expression: Invalid regular expression: /(/: Unterminated group',
    );
  });

  it('is not empty', () => {
    expect(() => parseMatch(' ')).toThrow('must be a glob such as **/*.csv, or /regular expression/');
  });
});

describe('a choice', () => {
  it('is taken in any case', () => {
    expect(parseChoice(['none', 'lz4'])('LZ4')).toBe('lz4');
  });

  it('names what can be chosen', () => {
    expect(() => parseChoice(['none', 'lz4'])('zip')).toThrow('must be one of none, lz4');
  });
});

describe('an address to listen on', () => {
  it.each([
    ['9464', '127.0.0.1', 9464],
    [' 0 ', '127.0.0.1', 0],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:9464', '::1', 9464],
    ['lab-3:9464', 'lab-3', 9464],
  ])('%j is %s, port %d', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each(['', 'true', '65536', ':9464', '::1:9464', '1.2.3.4', 'http://a:1', '-1'])('%j is none', text => {
    expect(() => parseListenAddress(text)).toThrow(
      'must be a port from 0 to 65535, or ADDRESS:PORT such as 0.0.0.0:9464',
    );
  });
});
