/**
 * Splits text at commas and line ends (a configuration file may continue a value on the next lines); spaces around
 * an item do not belong to it, empty items vanish.
 */
export function parseList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map(item => item.trim())
    .filter(item => item !== '');
}
