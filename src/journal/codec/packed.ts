/** Printable ASCII that JSON writes as it is. */
const ALPHABET = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  .filter((char) => char !== '"' && char !== '\\')
  .join('');
const BASE = ALPHABET.length;
const CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0));
const DIGITS = new Uint8Array(128);
for (const [digit, code] of CODES.entries()) DIGITS[code] = digit;

/** Powers of ten from this one on; those to 22 are exact, so that what is read is the decimal that was written. */
const LEAST = -22;
const POWERS = Array.from({ length: 46 }, (_, i) => Number(`1e${i}`));
/** Four digits and a sign, at each of the exponents that three characters have room for. */
const MANTISSAS = 2 * 9000;
const EXPONENTS = Math.floor((BASE ** 3 - 2) / MANTISSAS);
const NULL = 0;
const ZERO = 1;
const FIRST = 2;

/** A number bit for bit: two words of 32 bits, in so many characters each. */
const HALF = 5;
const DOUBLE = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLE.buffer);

/** Most characters that a packer holds. */
export const LONGEST = 8192;

/** Largest word that so many characters hold. */
export const largestWord = (characters: number): number => BASE ** characters - 1;

/**
 * Numbers as text: whole ones in a given width, others to four significant digits in three characters. That is what
 * is kept of a number of which people read, and nothing is computed from.
 */
export class Packer {
  readonly #bytes = Buffer.allocUnsafe(LONGEST);
  #at = 0;
  #fits = true;
  #isExact = false;

  /** Whether every number could be written. */
  get fits(): boolean {
    return this.#fits;
  }

  /** @param isExact whether numbers are written bit for bit, in ten characters each */
  start(isExact = false): void {
    this.#at = 0;
    this.#fits = true;
    this.#isExact = isExact;
  }

  /** A whole number in [0, largestWord(characters)]. */
  word(value: number, characters: number): void {
    let rest = value;
    for (let i = 0; i < characters; i += 1) {
      const next = Math.floor(rest / BASE);
      this.#bytes[this.#at] = CODES[rest - next * BASE]!;
      this.#at += 1;
      rest = next;
    }
  }

  number(value: number | null): void {
    if (this.#isExact) {
      this.exact(value ?? Number.NaN);
      return;
    }
    const code = codeOf(value);
    if (code < 0) {
      this.#fits = false;
      return;
    }
    // Small enough for whole numbers, which are what is fast.
    const second = (code / BASE) | 0;
    const third = (second / BASE) | 0;
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = CODES[code - second * BASE]!;
    bytes[at + 1] = CODES[second - third * BASE]!;
    bytes[at + 2] = CODES[third]!;
    this.#at = at + 3;
  }

  /** Any number, bit for bit. */
  exact(value: number): void {
    DOUBLE[0] = value;
    this.#half(HALVES[0]!);
    this.#half(HALVES[1]!);
  }

  /** The same as a word of `HALF` characters, in two parts that are small enough for whole numbers. */
  #half(value: number): void {
    const rest = Math.floor(value / (BASE * BASE));
    const low = value - rest * BASE * BASE;
    const second = (low / BASE) | 0;
    const third = (rest / BASE) | 0;
    const fourth = (third / BASE) | 0;
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = CODES[low - second * BASE]!;
    bytes[at + 1] = CODES[second]!;
    bytes[at + 2] = CODES[rest - third * BASE]!;
    bytes[at + 3] = CODES[third - fourth * BASE]!;
    bytes[at + 4] = CODES[fourth]!;
    this.#at = at + HALF;
  }

  text(): string {
    return this.#bytes.toString('latin1', 0, this.#at);
  }
}

/** Reads what a packer wrote. */
export class Unpacker {
  readonly #text: string;
  readonly #isExact: boolean;
  #at = 0;

  constructor(text: string, isExact = false) {
    this.#text = text;
    this.#isExact = isExact;
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length;
  }

  word(characters: number): number {
    let value = 0;
    for (let i = this.#at + characters - 1; i >= this.#at; i -= 1)
      value = value * BASE + DIGITS[this.#text.charCodeAt(i)]!;
    this.#at += characters;
    return value;
  }

  numberOrNull(): number | null {
    if (this.#isExact) {
      const value = this.exact();
      return Number.isNaN(value) ? null : value;
    }
    const code = this.word(3);
    return code === NULL ? null : numberOf(code);
  }

  number(): number {
    return this.numberOrNull() ?? 0;
  }

  exact(): number {
    HALVES[0] = this.word(HALF);
    HALVES[1] = this.word(HALF);
    return DOUBLE[0]!;
  }
}

/** Whether a number is written shorter as a decimal than bit for bit; one that is none, or -0, is no decimal. */
export const isShort = (value: number): boolean =>
  Math.round(value * 1e6) / 1e6 === value && value < 1e9 && value > -1e9 && (value !== 0 || 1 / value > 0);

const packer = new Packer();

/** A number in a line, to be read bit for bit: as it is where that is short, or packed. */
export function exactly(value: number): number | string {
  if (isShort(value)) return value;
  packer.start();
  packer.exact(value);
  return packer.text();
}

/** A whole number in so many characters. */
export function word(value: number, characters: number): string {
  packer.start();
  packer.word(value, characters);
  return packer.text();
}

/** The number that `exactly` wrote. */
export const exactlyRead = (value: number | string): number =>
  typeof value === 'number' ? value : new Unpacker(value).exact();

/** -1 for one that is no number, or too large. */
function codeOf(value: number | null): number {
  if (value === null) return NULL;
  if (value === 0) return ZERO;
  const size = Math.abs(value);
  if (!(size < 1e20)) return -1;
  if (size < 1e-18) return ZERO;
  let power = powerOf(size);
  let digits = Math.round(scaled(size, 3 - power));
  if (digits < 1000) {
    power -= 1;
    digits = Math.round(scaled(size, 3 - power));
  } else if (digits > 9999) {
    power += 1;
    digits = 1000;
  }
  const exponent = power - 3 - LEAST;
  if (exponent < 0) return ZERO;
  if (exponent >= EXPONENTS) return -1;
  return FIRST + MANTISSAS * exponent + 2 * (digits - 1000) + (value < 0 ? 1 : 0);
}

function numberOf(code: number): number {
  if (code === ZERO) return 0;
  const rest = (code - FIRST) % MANTISSAS;
  const exponent = (code - FIRST - rest) / MANTISSAS + LEAST;
  const size = scaled(1000 + (rest >> 1), exponent);
  return rest & 1 ? -size : size;
}

const scaled = (value: number, power: number): number =>
  power >= 0 ? value * POWERS[power]! : value / POWERS[-power]!;

/** Power of ten of the leading digit, give or take one at a power of ten. */
function powerOf(size: number): number {
  if (size >= 1) return size < 10 ? 0 : size < 100 ? 1 : Math.floor(Math.log10(size));
  if (size >= 0.1) return -1;
  if (size >= 0.01) return -2;
  return size >= 0.001 ? -3 : Math.floor(Math.log10(size));
}
