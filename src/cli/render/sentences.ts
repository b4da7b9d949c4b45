/** What a terminal shows in a line. */
export const WIDTH = 80;

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A text in lines that fit a terminal. */
export function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
