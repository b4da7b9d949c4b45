// biome-ignore lint/correctness/noNodejsModules: it reads no more of the machine than an import does, only later
import { createRequire } from 'node:module';
import type { z as Zod } from 'zod';

type Callable = (...given: unknown[]) => unknown;
type Built = Readonly<Record<PropertyKey, unknown>>;

/** Asked of what is only written down, gives what it is. */
const BUILT = Symbol('built');
/** What is done with a schema rather than said of it, and with what: for this it must be there. */
const USES = { parse: 'data', safeParse: 'data', toJSONSchema: 'schemas' } as const;

/**
 * zod, of which everything said is only written down: schemas are built, and zod is loaded, when one of them is used for
 * the first time. It takes longer to load than all else, and who starts on the defaults uses none.
 */
export const z = written(() => createRequire(import.meta.url)('zod').z as Built) as typeof Zod;

/** zod's types by the names that they have there. */
export declare namespace z {
  export type infer<T extends Zod.ZodType> = Zod.infer<T>;
  export type input<T extends Zod.ZodType> = Zod.input<T>;
  export type output<T extends Zod.ZodType> = Zod.output<T>;
  export type ZodType = Zod.ZodType;
  export namespace core {
    export type $ZodIssue = Zod.core.$ZodIssue;
  }
}

function written(build: () => Built): unknown {
  let built: Built | null = null;
  const get = (): Built => {
    built ??= build();
    return built;
  };
  return new Proxy(() => undefined, {
    get(_target, key) {
      if (key === BUILT) return get();
      if (Object.hasOwn(USES, key)) {
        const said = USES[key as keyof typeof USES] === 'schemas' ? resolved : (data: unknown) => data;
        return (...given: unknown[]) => (get()[key] as Callable).apply(get(), given.map(said));
      }
      return written(() => get()[key] as Built);
    },
    apply: (_target, self, given) =>
      written(() => Reflect.apply(get() as never, resolved(self), given.map(resolved))),
    has: (_target, key) => key in get(),
    ownKeys: () => Reflect.ownKeys(get()),
    getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(get(), key),
  });
}

/** A value with everything in it built that is only written down. */
function resolved(value: unknown): unknown {
  if (typeof value === 'function') return (value as unknown as Built)[BUILT] ?? value;
  if (Array.isArray(value)) return value.map(resolved);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
}
