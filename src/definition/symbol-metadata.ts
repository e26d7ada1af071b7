/**
 * Makes sure that `Symbol.metadata` exists, and gives it.
 *
 * Standard decorators find the class that they belong to only by `context.metadata`: a field or method is decorated before
 * its class exists. Node 20 and 22 lack the symbol, and what tsc emits then passes no metadata at all (esbuild falls back to
 * `Symbol.for('Symbol.metadata')`, so that is the one defined here). This module is evaluated before the class is, because
 * the file of the class imports a decorator. A symbol that is there already, native or from another package, is kept.
 */
export function metadataSymbol(): symbol {
  const holder = Symbol as { metadata?: symbol };
  if (holder.metadata === undefined) {
    Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata') });
  }
  return holder.metadata!;
}

metadataSymbol();
