/** Halvings after which two neighbouring numbers are told apart. */
const HALVINGS = 64;

/** Where a rule that holds below and not above changes over, as closely as numbers can say. */
export function boundary(
  from: number,
  to: number,
  holds: (x: number) => boolean,
): { readonly below: number; readonly above: number } {
  let below = from;
  let above = to;
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) break;
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return { below, above };
}
