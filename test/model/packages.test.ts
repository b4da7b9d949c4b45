import { describe, expect, it } from 'vitest';
import { optionalPackage } from '../../src/model/packages.ts';

describe('a package that only some need', () => {
  it('is loaded where it is installed', async () => {
    expect(await optionalPackage('zod', '4', () => import('zod'))).toHaveProperty('z');
  });

  it('is asked for by name where it is not', async () => {
    const name = 'no-such-package-anywhere';
    await expect(optionalPackage(name, '^3.1', () => import(name))).rejects.toThrow(
      /PACKAGE_MISSING.*no package no-such-package-anywhere.*\^3\.1 beside edgekeeper.*npm install no-such-package-anywhere/s,
    );
  });

  it('is told of with its own words where it is there and broken', async () => {
    const load = () => Promise.reject(new Error('needs a newer Node'));
    await expect(optionalPackage('ccxt', '4', load)).rejects.toThrow(
      /PACKAGE_MISSING.*package ccxt, which does not load: needs a newer Node/s,
    );
  });

  it('is not called missing where it is another that it needs', async () => {
    const missing = Object.assign(new Error("Cannot find package 'undici' imported from ccxt.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    await expect(optionalPackage('ccxt', '4', () => Promise.reject(missing))).rejects.toThrow(
      /does not load/,
    );
  });
});
