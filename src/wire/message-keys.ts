/**
 * Keys of messages, as OpenMSIStream writes them. The underscore after the subdirectory is there even when the
 * subdirectory is empty, and different paths may have equal keys (`a_b/f` and `a/b_f`): a key identifies
 * nothing. Python's restart filter reads them back, so the form matters.
 */
function keyStem(subdirectory: string, filename: string): string {
  return `${subdirectory.replaceAll('/', '_')}_${filename}_chunk`;
}

/**
 * Key of a chunk: `a_b_f.txt_chunk_2_of_7` for `a/b/f.txt`, `_f.txt_chunk_1_of_1` for `f.txt` in the root.
 * @param filename without the append text
 * @param index 1-based
 */
export function chunkKey(subdirectory: string, filename: string, index: number, count: number): string {
  return `${keyStem(subdirectory, filename)}_${index}_of_${count}`;
}

/**
 * Key of a file's result: `a_b_f.txt_chunk_processing_result`.
 * @param targetFilename with the append text inserted
 */
export function resultKey(subdirectory: string, targetFilename: string): string {
  return `${keyStem(subdirectory, targetFilename)}_processing_result`;
}
