/** What to do when the rules of class-validator are compiled as standard decorators. */
export const legacyDecoratorsAdvice =
  'class-validator\'s rules are legacy decorators: set "experimentalDecorators": true under "compilerOptions" in tsconfig.json ' +
  '(npx tsx reads the one of the current directory, reproducer run the one nearest to the file)';

/**
 * Whether an error is what class-validator throws when a compiler calls one of its rules as a standard decorator: it takes
 * the first argument, which is undefined for a property, for the class's prototype.
 */
export function isMissingLegacyDecorators(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  // The second is what source maps make of the first.
  const isInRule = /class-validator|decorator[\\/]common[\\/]ValidateBy/.test(error.stack ?? '');
  return isInRule && /undefined \(reading 'constructor'\)/.test(error.message);
}

let isWatching = false;

/**
 * Says what to do when the program ends by that error. It is thrown while the class is being made, before any of its own
 * code runs, so that nobody else could catch it; the end of the program is not changed.
 */
export function explainMissingLegacyDecorators(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('uncaughtExceptionMonitor', error => {
    if (isMissingLegacyDecorators(error)) process.stderr.write(`${legacyDecoratorsAdvice}\n`);
  });
}
