/** A request of ours that has no answer by then is given up, in ms. */
const PATIENCE = 15_000;

/** An answer, or a rejection when there is none for too long: an exchange that is silent holds nothing up. */
export async function patiently<T>(name: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: no answer within ${PATIENCE} ms`)), PATIENCE);
    timer.unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
