/** Which names a file system takes for one. */
export interface NameFolding {
  /** `A` and `a`. */
  readonly foldsCase: boolean;
  /** `é` as one code point and as two. */
  readonly foldsUnicode: boolean;
}

export const exactNames: NameFolding = { foldsCase: false, foldsUnicode: false };

/** Two paths are one file where they have the same folded form. A few more than the file system takes for one have it as well. */
export function foldPath(path: string, { foldsCase, foldsUnicode }: NameFolding): string {
  const composed = foldsUnicode || foldsCase ? path.normalize('NFC') : path;
  return foldsCase ? composed.toUpperCase().toLowerCase() : composed;
}
