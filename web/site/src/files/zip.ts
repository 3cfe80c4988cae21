/** Zip: the files of an archive, unpacked no further than its directory says, and no more of them than a scan has. */

import { BlobReader, configure, ZipReader, type FileEntry } from "@zip.js/zip.js";
import type { NamedFile } from "../../../formats/dicom_series";
import { InputError } from "../../../formats/limits";

const MAX_FILES = 20_000;
const MAX_BYTES = 2e9;
/** Bytes that a file may expand to for each of its compressed ones. */
const MAX_RATIO = 200;
const SMALL = 1e7;

configure({ useWebWorkers: false, useCompressionStream: true });

export async function unzip({ file, name }: NamedFile): Promise<NamedFile[]> {
  const reader = new ZipReader(new BlobReader(file));
  try {
    const entries = (await reader.getEntries()).filter((entry): entry is FileEntry => !entry.directory);
    check(entries, name);
    const files: NamedFile[] = [];
    for (const entry of entries) files.push({ file: new File([await unpack(entry, name)], entry.filename), name: `${name}/${entry.filename}` });
    return files;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${name}: is damaged or no zip archive; copy it again.`);
  } finally {
    await reader.close();
  }
}

function check(entries: readonly FileEntry[], name: string): void {
  const bytes = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (entries.length > MAX_FILES) throw new InputError(`${name}: holds ${entries.length} files, and at most ${MAX_FILES} are read; give a part of it.`);
  if (bytes > MAX_BYTES) throw new InputError(`${name}: would expand to ${(bytes / 1e9).toFixed(1)} GB, more than this page can hold; use 'deskull strip'.`);
  if (entries.some((entry) => entry.encrypted)) throw new InputError(`${name}: is protected by a password; unpack it first.`);
  const bomb = entries.some((entry) => entry.uncompressedSize > Math.max(SMALL, MAX_RATIO * entry.compressedSize));
  if (bomb) throw new InputError(`${name}: expands to far more than a scan; check where it comes from.`);
}

async function unpack(entry: FileEntry, name: string): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  await entry.getData(new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      size += chunk.length;
      if (size > entry.uncompressedSize) throw new InputError(`${name}: expands to more than it states; check where it comes from.`);
      parts.push(chunk);
    },
  }), { checkSignature: true });
  return new Blob(parts);
}
