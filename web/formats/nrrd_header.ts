/** NRRD header: its lines, kept as they came, and their values (`deskull.formats.nrrd_header`). */

import { InputError } from "./limits";
import type { VoxelType } from "./volume";

export const MAX_HEADER = 1 << 20;
const MAX_AXES = 16;
const ALIASES: Readonly<Record<string, string>> = { centers: "centerings" };
const FIELDS = new Set((
  "content number type dimension sizes spacings thicknesses axismins axismaxs centerings labels units kinds min max oldmin oldmax datafile endian "
  + "encoding lineskip byteskip sampleunits blocksize space spacedimension spaceunits spaceorigin spacedirections measurementframe"
).split(" "));
const GEOMETRY = ["kinds", "space", "spacedimension", "spacedirections", "spaceorigin", "spaceunits", "spacings"];
const WRITTEN: Readonly<Record<string, string>> = { lineskip: "line skip", byteskip: "byte skip", spaceorigin: "space origin", spacedirections: "space directions" };
const TYPES: Readonly<Record<VoxelType, string>> = {
  i1: "signed char|int8|int8_t", u1: "uchar|unsigned char|uint8|uint8_t", i2: "short|short int|signed short|signed short int|int16|int16_t",
  u2: "ushort|unsigned short|unsigned short int|uint16|uint16_t", i4: "int|signed int|int32|int32_t", u4: "uint|unsigned int|uint32|uint32_t",
  i8: "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
  u8: "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t", f4: "float", f8: "double",
};
/** Names of the types that are written. */
export const TYPE_NAMES: Readonly<Record<VoxelType, string>> = {
  i1: "int8", u1: "uint8", i2: "int16", u2: "uint16", i4: "int32", u4: "uint32", i8: "int64", u8: "uint64", f4: "float", f8: "double",
};
const ENCODINGS: Readonly<Record<string, string>> = { raw: "raw", gzip: "gzip", gz: "gzip", bzip2: "bzip2", bz2: "bzip2", ascii: "ascii", text: "ascii", txt: "ascii", hex: "hex" };
const LONGEST_QUOTE = 60;
const WORD = /"(?:[^"\\]|\\.)*"|\S+/g;
const VECTOR = /none|\([^()]*\)/gi;

export interface NrrdLine {
  /** Name of the field in lower case without spaces; empty for comments and for pairs of key and value. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
}

export class NrrdHeader {
  readonly format = "nrrd";
  /** Axes of the file in the order of a volume: three spatial ones, then the others. */
  order: readonly number[] = [];

  constructor(readonly magic: string, readonly lines: readonly NrrdLine[], readonly fileName: string) {}

  text(name: string): string | undefined {
    const line = this.lines.find((one) => one.name === name);
    return line?.text.slice(line.text.indexOf(":") + 1).trim();
  }

  words(name: string): string[] {
    return [...(this.text(name) ?? "").matchAll(WORD)].map(([word]) => (word.length > 1 && word.startsWith('"') && word.endsWith('"') ? word.slice(1, -1) : word));
  }

  /** A field of numbers, which may be NaN; undefined if it is not given. */
  numbers(name: string, number: number): number[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const values = floats(text.split(/\s+/).filter(Boolean));
    if (values?.length !== number) throw this.fault(`its field ${written(name)} does not hold ${number} numbers`);
    return values;
  }

  /** A field of vectors of one length; one is undefined where it is none or holds NaN. */
  vectors(name: string, number: number): (number[] | undefined)[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const parts = [...text.matchAll(VECTOR)].map(([part]) => part);
    const isNone = parts.map((part) => part.toLowerCase() === "none");
    const found = parts.map((part, at) => (isNone[at] ? undefined : floats(part.slice(1, -1).split(","))));
    const lengths = new Set(found.flatMap((one) => (one ? [one.length] : [])));
    if (text.replace(VECTOR, "").trim() || parts.length !== number || found.some((one, at) => !one && !isNone[at]) || lengths.size > 1) {
      throw this.fault(`its field ${written(name)} does not hold ${number} vectors of one length`);
    }
    return found.map((one) => (one?.some(Number.isNaN) ? undefined : one));
  }

  get sizes(): number[] {
    const text = this.text("dimension") ?? "";
    if (!/^[0-9]{1,2}$/.test(text) || Number(text) < 1 || Number(text) > MAX_AXES) throw this.fault(`has the dimension ${quote(text)}, not 1 to ${MAX_AXES}`);
    const sizes = (this.text("sizes") ?? "").split(/\s+/).filter(Boolean);
    if (sizes.length !== Number(text) || !sizes.every((size) => /^0*[1-9][0-9]{0,9}$/.test(size))) {
      throw this.fault(`has the sizes ${quote(sizes.join(" "))}, not ${Number(text)} positive whole numbers`);
    }
    return sizes.map(Number);
  }

  get encoding(): string {
    const text = this.text("encoding") ?? "";
    const known = ENCODINGS[text.toLowerCase()];
    if (!known) throw this.fault(`has the unknown encoding ${quote(text)}`, "save it as raw or gzip");
    if (known !== "raw" && known !== "gzip") throw this.fault(`has the encoding ${quote(text)}, which this page does not read`, "save it as raw or gzip, or use 'deskull strip'");
    return known;
  }

  /** Type of a sample, and whether its bytes run from the lowest. */
  get type(): { type: VoxelType; isLittle: boolean } {
    const text = this.text("type") ?? "";
    const type = (Object.keys(TYPES) as VoxelType[]).find((one) => TYPES[one].split("|").includes(text.toLowerCase()));
    if (!type) throw this.fault(`has the unknown type ${quote(text)}`, "convert it to short or float");
    if (type.endsWith("1")) return { type, isLittle: true };
    const endian = (this.text("endian") ?? "").toLowerCase();
    if (endian !== "little" && endian !== "big") throw this.fault(`its byte order (endian) is ${quote(endian)}, not little or big`);
    return { type, isLittle: endian === "little" };
  }

  /** A field that is a whole number, 0 if it is not given. */
  wholeNumber(name: string, smallest: number, largest: number): number {
    const text = this.text(name);
    if (text === undefined) return 0;
    if (!/^-?[0-9]{1,15}$/.test(text) || Number(text) < smallest || Number(text) > largest) {
      throw this.fault(`its field ${written(name)} is ${quote(text)}, not a number of lines or bytes that can be skipped`);
    }
    return Number(text);
  }

  fault(fault: string, remedy = "repair the header"): InputError {
    return new InputError(`${this.fileName}: ${fault}; ${remedy}.`);
  }
}

/** Parses a header up to the empty line that ends it; returns where attached data begin. */
export function parseNrrdHeader(content: Uint8Array<ArrayBuffer>, name: string, warn: (sentence: string) => void): { header: NrrdHeader; size: number } {
  let at = content.indexOf(0x0a) + 1;
  const magic = latin(content.subarray(0, at)).trimEnd();
  if (!/^NRRD000[1-5]$/.test(magic)) throw new InputError(`${name}: is not a NRRD file of version 1 to 5 (by its first line); convert it again.`);
  const lines: NrrdLine[] = [];
  for (let isEnded = false; !isEnded; ) {
    if (at >= content.length) {
      if (content.length >= MAX_HEADER) throw new InputError(`${name}: its header does not end (no empty line); copy or convert it again.`);
      break;
    }
    const end = content.indexOf(0x0a, at);
    const bytes = trimmedEnd(content.slice(at, end < 0 ? content.length : end));
    at = end < 0 ? content.length : end + 1;
    if (bytes.length) lines.push(lineOf(bytes, name));
    else isEnded = true;
  }
  const names = lines.map((line) => line.name).filter(Boolean);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw new InputError(`${name}: gives the field ${quote(twice)} twice; repair the header.`);
  warnOfIgnored(lines, name, warn);
  return { header: new NrrdHeader(magic, lines, name), size: at };
}

function lineOf(bytes: Uint8Array<ArrayBuffer>, name: string): NrrdLine {
  const text = decoded(bytes);
  const colon = text.indexOf(":");
  if (text.startsWith("#") || text[colon + 1] === "=") return { name: "", bytes, text };
  if (colon < 0 || bytes.includes(0)) throw new InputError(`${name}: has the line ${quote(text)} in its header; repair the header.`);
  return { name: condensed(text.slice(0, colon)), bytes, text };
}

function condensed(name: string): string {
  const key = name.toLowerCase().replaceAll(" ", "");
  return ALIASES[key] ?? key;
}

/** Warns of a field that the standard does not have, and of geometry that is written as a pair of key and value. */
function warnOfIgnored(lines: readonly NrrdLine[], name: string, warn: (sentence: string) => void): void {
  const unknown = lines.find((line) => line.name && !FIELDS.has(line.name));
  if (unknown) return warn(`${name}: the field ${quote(unknown.name)} of its header is unknown and ignored; check its spelling.`);
  const pairs = new Set(lines.filter((line) => !line.name && !line.text.startsWith("#")).map((line) => condensed(line.text.split(":")[0] ?? "")));
  const misplaced = GEOMETRY.find((one) => pairs.has(one));
  if (misplaced) warn(`${name}: ${quote(misplaced)} is followed by ':=' in its header and ignored; write ':' if it is meant as a field.`);
}

/** The line of a field with one entry for each axis, without the entry of one axis. */
export function withoutAxis(line: NrrdLine, axis: number): Uint8Array<ArrayBuffer> {
  const text = latin(line.bytes);
  const colon = text.indexOf(":");
  const entries = [...text.slice(colon + 1).matchAll(line.name === "spacedirections" ? VECTOR : WORD)].map(([entry]) => entry);
  const kept = `${text.slice(0, colon)}: ${entries.filter((_, at) => at !== axis).join(" ")}`;
  return Uint8Array.from(kept, (letter) => letter.charCodeAt(0));
}

/** A text of a file in a message: short, printable, in quotes. */
export function quote(text: string): string {
  const part = text.slice(0, LONGEST_QUOTE).replace(/[^\x20-\x7e\u00a1-\uffff]/g, "?");
  return `'${part}${text.length > LONGEST_QUOTE ? "..." : ""}'`;
}

function written(name: string): string {
  return WRITTEN[name] ?? name;
}

/** Words as numbers, which may be NaN; undefined if one is infinite or no number. */
function floats(words: readonly string[]): number[] | undefined {
  const values = words.map((word) => (/^\s*[-+]?nan\s*$/i.test(word) ? { value: NaN, isGood: true } : { value: Number(word), isGood: word.trim() !== "" && Number.isFinite(Number(word)) }));
  return values.every(({ isGood }) => isGood) ? values.map(({ value }) => value) : undefined;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return latin(bytes);
  }
}

function latin(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function trimmedEnd(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let end = bytes.length;
  while (end > 0 && [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d].includes(bytes[end - 1] ?? 0)) end -= 1;
  return bytes.slice(0, end);
}
