import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { OpenAPIHono } from '@hono/zod-openapi';

const OWN = new URL('./assets/', import.meta.url);
const SHARED = new URL('../report/assets/', import.meta.url);
/** A file that is served, and what it is. */
export type Pages = Readonly<Record<string, readonly [folder: URL, type: string]>>;
export const PAGES: Pages = {
  'index.html': [OWN, 'text/html; charset=utf-8'],
  'dashboard.css': [OWN, 'text/css; charset=utf-8'],
  'dashboard.js': [OWN, 'text/javascript; charset=utf-8'],
  'style.css': [SHARED, 'text/css; charset=utf-8'],
  'charts.js': [SHARED, 'text/javascript; charset=utf-8'],
  'parts.js': [SHARED, 'text/javascript; charset=utf-8'],
  'uPlot.iife.min.js': [SHARED, 'text/javascript; charset=utf-8'],
  'uPlot.min.css': [SHARED, 'text/css; charset=utf-8'],
};

/** The page of a fleet. */
export const FLEET_PAGES: Pages = {
  'fleet.html': [OWN, 'text/html; charset=utf-8'],
  'dashboard.css': PAGES['dashboard.css']!,
  'style.css': PAGES['style.css']!,
  'charts.js': PAGES['charts.js']!,
  'parts.js': PAGES['parts.js']!,
  'fleet.js': [OWN, 'text/javascript; charset=utf-8'],
};

/** The build puts uPlot beside the others; from the sources it is read where it is installed. */
const read = (name: string, folder: URL): Promise<Buffer> =>
  readFile(new URL(name, folder)).catch((error) => {
    if (!name.startsWith('uPlot')) throw error;
    return readFile(createRequire(import.meta.url).resolve(`uplot/dist/${name}`));
  });

/** Adds a page and what it is made of, nothing of it from elsewhere. The first file is the page itself. */
export function addPages(app: OpenAPIHono, version: string, files: Pages): void {
  const kept = new Map<string, Promise<Buffer>>();
  for (const [name, [folder, type]] of Object.entries(files)) {
    app.get(name.endsWith('.html') ? '/' : `/assets/${name}`, async (c) => {
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
