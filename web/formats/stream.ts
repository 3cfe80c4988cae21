/**
 * Stream: the bytes of a file in order, decompressed no further than a reader asks for (`deskull.formats.compression`).
 *
 * Gzip goes through pako: the browser's own DecompressionStream takes the second member of a file for a fault, and does not say
 * whether data were damaged or cut short.
 */

import { Inflate } from "pako";
import { InputError } from "./limits";

const CHUNK = 1 << 20;
/** Compressed bytes that are unpacked at once; deflate expands them to at most a thousand times as many. */
const PACKED_CHUNK = 1 << 14;
/** Largest ratio of expanded to compressed size that deflate can reach (RFC 1951). */
const DEFLATE_RATIO = 1032;
/** Data that expand to more than LARGE bytes may reach this multiple of their compressed size. */
const LARGE = 2 ** 29;
const MAX_RATIO = 200;
/** Bytes that may follow the voxels: padding that some programs write. */
export const PADDING = 1 << 16;

type Bytes = Uint8Array<ArrayBuffer>;

export class ByteStream {
  readonly warnings: string[] = [];
  private rest: Bytes = new Uint8Array(0);

  private constructor(private readonly chunks: AsyncIterator<Bytes>, private readonly name: string, private readonly capacity: number, private readonly compressed: number) {}

  /** Opens a file, decompressed if its content is gzip, whatever its name is. */
  static async open(file: Blob, name: string): Promise<ByteStream> {
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    return first === 0x1f && second === 0x8b ? ByteStream.gzip(file, name) : ByteStream.raw(file, name);
  }

  static raw(file: Blob, name: string): ByteStream {
    return new ByteStream(partsOf(file, CHUNK), name, file.size, 0);
  }

  static gzip(file: Blob, name: string): ByteStream {
    return new ByteStream(inflated(file, name), name, file.size * DEFLATE_RATIO + CHUNK, file.size);
  }

  /** Reads exactly as many bytes. */
  async read(size: number): Promise<Bytes> {
    this.checkSize(size);
    const found = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const chunk = await this.next(size - filled);
      if (!chunk.length) throw this.cutShort();
      found.set(chunk, filled);
      filled += chunk.length;
    }
    return found;
  }

  /** Reads at most as many bytes, fewer only at the end. */
  async readUpTo(size: number): Promise<Bytes> {
    const parts: Bytes[] = [];
    for (let left = size; left > 0; ) {
      const chunk = await this.next(left);
      if (!chunk.length) break;
      parts.push(chunk);
      left -= chunk.length;
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }

  async skip(size: number): Promise<void> {
    this.checkSize(size);
    for (let left = size; left > 0; ) {
      const chunk = await this.next(left);
      if (!chunk.length) throw this.cutShort();
      left -= chunk.length;
    }
  }

  /** Refuses to read more bytes than can follow, or than a scan is compressed to. */
  checkSize(size: number): void {
    if (size > this.capacity) throw this.cutShort();
    if (this.compressed && size > Math.max(LARGE, MAX_RATIO * this.compressed)) {
      const fault = `would expand from ${(this.compressed / 1e6).toFixed(1)} MB to ${(size / 1e9).toFixed(1)} GB, more than any scan`;
      throw new InputError(`${this.name}: ${fault}; check where it comes from, or give it uncompressed.`);
    }
  }

  /** Reads to the end, by which the checksum of compressed data is verified; few bytes may follow. */
  async finish(allowance = PADDING): Promise<void> {
    const rest = await this.readUpTo(allowance + 1);
    if (rest.length > allowance) {
      throw new InputError(`${this.name}: holds more data than its header promises (damaged, or a header of another image); copy or convert it again.`);
    }
    if (rest.some((byte) => byte !== 0)) {
      this.warnings.push(`${this.name}: has ${rest.length} bytes after its last voxel, which are ignored; check that header and voxels match.`);
    }
  }

  /** At most as many bytes; none at the end. */
  private async next(size: number): Promise<Bytes> {
    while (!this.rest.length) {
      const { done, value } = await this.chunks.next();
      if (done) return this.rest;
      this.rest = value;
    }
    const chunk = this.rest.subarray(0, size);
    this.rest = this.rest.subarray(size);
    return chunk;
  }

  private cutShort(): InputError {
    return new InputError(`${this.name}: ends before its last voxel (cut short); copy it again.`);
  }
}

async function* partsOf(file: Blob, size: number): AsyncGenerator<Bytes> {
  for (let start = 0; start < file.size; start += size) yield new Uint8Array(await file.slice(start, start + size).arrayBuffer());
}

/** Unpacks the members of a gzip file one after the other; zeros may follow the last. */
async function* inflated(file: Blob, name: string): AsyncGenerator<Bytes> {
  let found: Bytes[] = [];
  let member: Inflate | undefined;
  for await (let packed of partsOf(file, PACKED_CHUNK)) {
    while (packed.length) {
      if (!member) {
        packed = withoutZeros(packed);
        if (!packed.length) break;
        member = new Inflate({ windowBits: 31, chunkSize: CHUNK });
        member.onData = (chunk) => { found.push(chunk as Bytes); };
      }
      member.push(packed);
      if (member.ended && member.err) throw new InputError(`${name}: has damaged compressed data; copy it again.`);
      packed = member.ended ? packed.slice(packed.length - leftOver(member)) : packed.subarray(packed.length);
      yield* found;
      found = [];
      if (member.ended) member = undefined;
    }
  }
  if (member) throw new InputError(`${name}: has compressed data that are cut short, or followed by other bytes; copy it again.`);
}

/** Number of bytes after the end of a member. */
function leftOver(member: Inflate): number {
  return (member as unknown as { strm: { avail_in: number } }).strm.avail_in;
}

function withoutZeros(bytes: Bytes): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}
