import { apis } from '../../src/embedded-kafka/apis/registry.js';

/** What the broker serves, as a Markdown table. */
export function apiTable(): string[] {
  const rows = [...apis]
    .sort((a, b) => a.key - b.key)
    .map(
      ({ key, name, versions: [first, last] }) =>
        `| ${key} | ${name} | ${first === last ? first : `${first} to ${last}`} |`,
    );
  return ['| key | request | versions |', '| --: | --- | --- |', ...rows];
}
