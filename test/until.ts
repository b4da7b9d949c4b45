/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, within = 15_000): Promise<void> {
  const end = performance.now() + within;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come to hold within ${within} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
