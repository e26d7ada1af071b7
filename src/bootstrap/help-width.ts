const usualWidth = 80;
/** Longer lines are hard to read. */
const mostWidth = 100;

/** Columns for the text of --help: those of the terminal; 80 where there is none, and of one that does not tell. */
export function helpWidth(output: { readonly columns?: number } = process.stdout): number {
  return Math.min(output.columns || usualWidth, mostWidth);
}
