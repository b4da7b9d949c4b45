/** What a text says as JSON; null for one that is none, which a schema then refuses by name. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
