import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { OpenAPIHono } from '@hono/zod-openapi';

/** Files of the dashboard: where each lies, and what it is. */
const OWN = new URL('./assets/', import.meta.url);
const SHARED = new URL('../report/assets/', import.meta.url);
const FILES = {
  'index.html': [OWN, 'text/html; charset=utf-8'],
  'dashboard.css': [OWN, 'text/css; charset=utf-8'],
  'dashboard.js': [OWN, 'text/javascript; charset=utf-8'],
  'style.css': [SHARED, 'text/css; charset=utf-8'],
  'charts.js': [SHARED, 'text/javascript; charset=utf-8'],
  'parts.js': [SHARED, 'text/javascript; charset=utf-8'],
  'uPlot.iife.min.js': [SHARED, 'text/javascript; charset=utf-8'],
  'uPlot.min.css': [SHARED, 'text/css; charset=utf-8'],
} as const satisfies Record<string, readonly [URL, string]>;

/** The build puts uPlot beside the others; from the sources it is read where it is installed. */
const read = (name: string, folder: URL): Promise<Buffer> =>
  readFile(new URL(name, folder)).catch((error) => {
    if (!name.startsWith('uPlot')) throw error;
    return readFile(createRequire(import.meta.url).resolve(`uplot/dist/${name}`));
  });

/** Adds the dashboard: a page and what it is made of, nothing of it from elsewhere. */
export function addPages(app: OpenAPIHono, version: string): void {
  const kept = new Map<string, Promise<Buffer>>();
  for (const [name, [folder, type]] of Object.entries(FILES)) {
    app.get(name === 'index.html' ? '/' : `/assets/${name}`, async (c) => {
      const body = kept.get(name) ?? read(name, folder);
      kept.set(name, body);
      return c.body(new Uint8Array(await body), 200, {
        'content-type': type,
        'cache-control': 'no-cache',
        etag: `"${version}"`,
      });
    });
  }
  app.get('/favicon.ico', (c) => c.body(null, 204));
}
