/** Npz: reads the archives of arrays that NumPy writes, so that the page uses the calibration of the Python package as it is. */

/** How a number is read: its bytes, and where it lies. */
type Reader = (view: DataView, at: number) => number;

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly read: Reader;
}

/** Sizes and readers of the types of numbers, by the name that NumPy gives them. */
const TYPES: Readonly<Record<string, readonly [bytes: number, read: Reader]>> = {
  "|b1": [1, (view, at) => view.getUint8(at)],
  "|u1": [1, (view, at) => view.getUint8(at)],
  "|i1": [1, (view, at) => view.getInt8(at)],
  "<u2": [2, (view, at) => view.getUint16(at, true)],
  "<i2": [2, (view, at) => view.getInt16(at, true)],
  "<u4": [4, (view, at) => view.getUint32(at, true)],
  "<i4": [4, (view, at) => view.getInt32(at, true)],
  "<i8": [8, (view, at) => Number(view.getBigInt64(at, true))],
  "<f4": [4, (view, at) => view.getFloat32(at, true)],
  "<f8": [8, (view, at) => view.getFloat64(at, true)],
};

/** An array, its numbers in the order of the file. */
export class NpyArray {
  constructor(
    readonly shape: readonly number[],
    /** Whether the first index runs fastest, and not the last. */
    readonly isFortran: boolean,
    private readonly fields: readonly Field[],
    private readonly recordBytes: number,
    private readonly view: DataView,
  ) {}

  /** All numbers, or those of one field of records. */
  column(name = ""): number[] {
    const field = this.fields.find((other) => other.name === name);
    if (!field) throw new Error(`The array has no field '${name}'.`);
    const length = this.shape.reduce((product, size) => product * size, 1);
    return Array.from({ length }, (_, index) => field.read(this.view, index * this.recordBytes + field.offset));
  }
}

/** Reads all arrays of an archive, by name. */
export async function readNpz(file: Uint8Array): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const [name, content] of await unzip(file)) arrays.set(name.replace(/\.npy$/, ""), parseNpy(content));
  return arrays;
}

function parseNpy(content: Uint8Array): NpyArray {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const isShort = view.getUint8(6) === 1;
  const start = isShort ? 10 : 12;
  const length = isShort ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder("latin1").decode(content.subarray(start, start + length));
  const sizes = /'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "";
  const shape = sizes.split(",").filter((text) => text.trim()).map(Number);
  const [fields, recordBytes] = parseFields(header);
  const data = new DataView(content.buffer, content.byteOffset + start + length);
  return new NpyArray(shape, header.includes("'fortran_order': True"), fields, recordBytes, data);
}

/** The fields of the records of an array; of numbers, one without a name. */
function parseFields(header: string): [Field[], number] {
  const single = /'descr': '([^']+)'/.exec(header)?.[1];
  const records = [...header.matchAll(/\('(\w+)', '([^']+)'\)/g)].map(([, name, type]) => [name, type]);
  const pairs = single === undefined ? records : [["", single]];
  let offset = 0;
  const fields = pairs.map(([name = "", type = ""]) => {
    const known = TYPES[type];
    if (!known) throw new Error(`Arrays of the type ${type} cannot be read.`);
    const field = { name, offset, read: known[1] };
    offset += known[0];
    return field;
  });
  return [fields, offset];
}

/** The files in a zip archive of at most 4 GB, by name. */
async function unzip(file: Uint8Array): Promise<Map<string, Uint8Array>> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = endOfDirectory(view);
  const files = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    const [method, bytes] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = file.subarray(start, start + bytes);
    const label = new TextDecoder().decode(file.subarray(at + 46, at + 46 + name));
    files.set(label, method === 0 ? content : await inflate(content));
    at += 46 + name + extra + comment;
  }
  return files;
}

function endOfDirectory(view: DataView): number {
  for (let at = view.byteLength - 22; at >= 0; at -= 1) if (view.getUint32(at, true) === 0x06054b50) return at;
  throw new Error("The archive of arrays is damaged: build the page again.");
}

async function inflate(content: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
