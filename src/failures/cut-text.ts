/** The text, or as much of it as `length` characters hold and a word on how long it was. */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
