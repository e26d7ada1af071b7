import { describe, expect, it } from 'vitest';
import { apis } from '../../src/embedded-kafka/apis/registry.js';
import { apiTable } from './api-table.js';
import { compare, verdict } from './comparison.js';
import { replaceGenerated } from './generated-part.js';
import { reportLines } from './report.js';
import { better } from './suites/kafkajs.js';

const passed = (test: string, seen = '') => ({ test, hasPassed: true, seen });
const failed = (test: string, seen = '') => ({ test, hasPassed: false, seen });

describe('the comparison', () => {
  const comparisons = compare(
    [passed('alike', '1'), passed('unlike', '1'), passed('real'), failed('both'), failed('embedded')],
    [passed('alike', '1'), passed('unlike', '2'), failed('real'), failed('both', 'x'), passed('embedded')],
  );

  it('calls tests the same that saw the same, or failed on both', () => {
    const verdicts = comparisons.map(each => [each.test, verdict(each)]);
    expect(verdicts).toEqual([
      ['alike', 'same'],
      ['unlike', 'other result'],
      ['real', 'only real'],
      ['both', 'same'],
      ['embedded', 'only embedded'],
    ]);
  });

  it('counts apart what the broker does not offer, as long as it passes on a real Kafka', () => {
    const test = 'a client of the newer group protocol';
    expect(compare([passed(test)], [failed(test)]).map(verdict)).toEqual(['out of scope']);
    expect(compare([failed(test)], [failed(test)]).map(verdict)).toEqual(['same']);
    const comparisons = compare([passed(test)], [failed(test, 'refused')]);
    const lines = reportLines([{ name: 'librdkafka', comparisons }], '4.1.0');
    expect(lines).toContain('| librdkafka | 1 | 1 | 0 | 0 | 1 |');
    expect(lines.find(line => line.startsWith('- '))).toContain('Out of scope: The newer group protocol');
  });

  it('takes a test that failed from its second run if it passed there, and no other', () => {
    const first = [passed('a'), failed('b', 'slow'), failed('c', 'wrong')];
    expect(better(first, [failed('a'), passed('b'), failed('c', 'wrong again'), passed('d')])).toEqual([
      passed('a'),
      passed('b'),
      failed('c', 'wrong'),
    ]);
  });

  it('is summed up for each client, with what differs', () => {
    const lines = reportLines([{ name: 'kcat', comparisons }], '4.1.0');
    expect(lines).toContain('| kcat | 5 | 3 | 3 | 2 | 0 |');
    expect(lines.filter(line => line.startsWith('- '))).toEqual(['- unlike', '- real', '- embedded']);
    expect(lines).toContain('| both | failed | failed |');
  });

  it('names what did not run', () => {
    const report = { name: 'kcat', missing: 'no kcat', comparisons: [] };
    expect(reportLines([report], '4.1.0')).toContain('| kcat | not run: no kcat | | | | |');
  });
});

describe('the page', () => {
  it('is changed between its markers only', () => {
    const page = 'before\n<!-- a: generated -->\nold\n<!-- a: end -->\nafter';
    const changed = 'before\n<!-- a: generated -->\n\nnew\n\n<!-- a: end -->\nafter';
    expect(replaceGenerated(page, 'a', ['new'])).toBe(changed);
    expect(() => replaceGenerated(page, 'b', [])).toThrow(
      "the page has no part between '<!-- b: generated -->' and '<!-- b: end -->'",
    );
  });

  it('lists every request with its versions', () => {
    expect(apiTable().length).toBe(apis.length + 2);
    expect(apiTable()).toContain('| 18 | ApiVersions | 0 to 4 |');
  });
});
