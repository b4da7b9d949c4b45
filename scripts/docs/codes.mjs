import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const root = new URL('../../', import.meta.url);

/** Sources of the package. @returns {ts.SourceFile[]} */
const sources = () =>
  ['src/', 'adapters/'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => {
        const path = `${folder}${name}`.replaceAll('\\', '/');
        return ts.createSourceFile(path, readFileSync(new URL(path, root), 'utf8'), ts.ScriptTarget.Latest);
      }),
  );

/** What looks like a code, and whatever a code looks like is one or is known for something else. */
const LOOKS_LIKE = /^[A-Z]{2,}(_[A-Z0-9]+)+$/;

/**
 * Codes in the sources, read from their syntax: what `ErrorCode` and the lists of alerts and of unjudged entries name,
 * what is given to `countError`, and every other text that looks like a code.
 */
export function collectCodes() {
  /** @type {Record<'errors' | 'alerts' | 'unjudged' | 'reasons' | 'counted' | 'all', Set<string>>} */
  const codes = {
    errors: new Set(),
    alerts: new Set(),
    unjudged: new Set(),
    reasons: new Set(),
    counted: new Set(),
    all: new Set(),
  };
  const lists = new Map([
    ['ErrorCode', codes.errors],
    ['ALERT_CODES', codes.alerts],
    ['UNJUDGED_REASONS', codes.unjudged],
    ['REASONS', codes.reasons],
  ]);

  /** @param {ts.Node} node @param {Set<string>} found */
  function texts(node, found) {
    if (ts.isStringLiteral(node)) found.add(node.text);
    ts.forEachChild(node, (child) => texts(child, found));
  }

  /** @param {ts.Node} node */
  function visit(node) {
    if (ts.isStringLiteral(node) && LOOKS_LIKE.test(node.text)) codes.all.add(node.text);
    if (ts.isTypeAliasDeclaration(node) || ts.isVariableDeclaration(node)) {
      const list = ts.isIdentifier(node.name) ? lists.get(node.name.text) : undefined;
      if (list) texts(node, list);
    }
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'countError'
    ) {
      const [given] = node.arguments;
      if (given) texts(given, codes.counted);
    }
    ts.forEachChild(node, visit);
  }
  for (const source of sources()) visit(source);
  for (const known of codes.errors) codes.counted.delete(known);
  return codes;
}
