/** A name of a group or a class, which may hold what a file's name must not. */
export function nameInFile(name: string): string {
  return name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_');
}
