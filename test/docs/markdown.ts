import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

export const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** Pages under docs/. */
export const DOCS = readdirSync(new URL('docs/', root))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

/** Every page of the project. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'adapters/README.md',
  'examples/debut/README.md',
  ...DOCS,
];

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** Why it cannot run here, as the line before it says: `<!-- not run: ... -->`. */
  readonly notRun: string | null;
}

/** Blocks of code of a page. */
export const blocksOf = (page: string): Block[] =>
  [...read(page).matchAll(/(?:^<!-- not run: (.+) -->\n)?^ *```(\w*)\n(.*?)^ *```$/gms)].map(
    ([, notRun = null, language, text]) => ({ page, language: language!, text: text!, notRun }),
  );

/** A page without its code. */
const proseOf = (page: string): string =>
  read(page)
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));

export const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);

/** Anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^ *```.*?^ *```$/gms, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
