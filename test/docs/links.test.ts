import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, DOCS, linksOf, PAGES, read } from './markdown.ts';

const root = new URL('../../', import.meta.url);

/** What is wrong with a link of a page, or null. */
function faultOf(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return /^https:\/\/[\w.-]+\.\w+(\/\S*)?$/.test(link) ? null : 'no https address';
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(new URL(target, root))) return 'no such file';
  if (anchor === undefined) return null;
  return target.endsWith('.md') && anchorsOf(target).includes(anchor) ? null : 'no such heading';
}

describe('links of the documents', () => {
  it.each(PAGES)('%s leads somewhere', (page) => {
    const faults = linksOf(page).flatMap((link) => {
      const fault = faultOf(page, link);
      return fault === null ? [] : [`${link}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it('reach every page from the index, and the index from the README', () => {
    const listed = new Set(linksOf('docs/README.md').map((link) => posix.join('docs', link)));
    for (const page of DOCS) if (page !== 'docs/README.md') expect(listed).toContain(page);
    expect(linksOf('README.md')).toContain('docs/README.md');
  });

  it('name headings once, so that a link means one', () => {
    for (const page of DOCS) expect(new Set(anchorsOf(page)).size, page).toBe(anchorsOf(page).length);
  });

  it('stand on pages short enough to be read', () => {
    for (const page of DOCS) expect(read(page).split('\n').length, page).toBeLessThan(280);
  });
});
