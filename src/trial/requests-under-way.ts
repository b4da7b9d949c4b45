import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Counts the requests of this process that have no answer yet, `fetch` among them. A connection that is kept open is none. */
export function requestsUnderWay(): () => number {
  const underWay = new Set<unknown>();
  const requestOf = (message: unknown) => (message as { readonly request: object }).request;
  subscribe('undici:request:create', (message) => underWay.add(requestOf(message)));
  for (const end of ['undici:request:trailers', 'undici:request:error'])
    subscribe(end, (message) => underWay.delete(requestOf(message)));
  subscribe('http.client.request.start', (message) => {
    const request = requestOf(message) as ClientRequest;
    underWay.add(request);
    request.once('close', () => underWay.delete(request));
  });
  return () => underWay.size;
}
