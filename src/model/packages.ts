import { EdgekeeperError } from './errors.ts';

/**
 * Loads a package that only some need, and that is not installed with Edgekeeper. Throws `PACKAGE_MISSING` without it.
 * @param version what of it is known to work, such as `^7.2.0`
 * @param load imports it by its literal name, so that bundlers see it
 */
export async function optionalPackage<T>(name: string, version: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // It may be there and lack another one.
    const isMissing =
      /MODULE_NOT_FOUND$/.test(String(code)) && message.startsWith(`Cannot find package '${name}'`);
    throw new EdgekeeperError(
      'PACKAGE_MISSING',
      {
        found: isMissing ? `no package ${name}` : `package ${name}, which does not load: ${message}`,
        expected: `${name} ${version} beside edgekeeper`,
        hint: `Run \`npm install ${name}\`.`,
      },
      { cause },
    );
  }
}
