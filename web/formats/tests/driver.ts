/**
 * Driver: what the readers make of files, for tests in Python.
 *
 * Reads a list of files from the standard input as JSON, and writes what it found of each; where a folder is given, a mask, the
 * scan inside it and a distance are written there.
 */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { insideMask, readScan, withValues, writeScan, type Readable } from "../formats";
import { dataShape, typeOf, type Volume } from "../volume";

interface Task {
  path: string;
  name: string;
  family: Readable;
  results?: string;
}

const tasks = JSON.parse(await readFile("/dev/stdin", "utf8")) as Task[];
const answers: object[] = [];
for (const task of tasks) answers.push(await answer(task));
console.log(JSON.stringify(answers));

async function answer({ path, name, family, results }: Task): Promise<object> {
  try {
    const volume = await readScan(new Blob([await readFile(path)]), name, family);
    if (results) await writeResults(volume, family, results);
    const { data, affine, slope, inter, trailing, warnings } = volume;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { shape: dataShape(volume), type: typeOf(data), affine, slope, inter, trailing, warnings, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function writeResults(scan: Volume, family: Readable, folder: string): Promise<void> {
  const size = scan.shape[0] * scan.shape[1] * scan.shape[2];
  const mask = Uint8Array.from({ length: size }, (_, at) => (at % 3 ? 1 : 0));
  const distance = Float32Array.from({ length: size }, (_, at) => at / 7 - 3);
  const volumes = { mask: withValues(scan, mask), brain: insideMask(scan, mask), distance: withValues(scan, distance) };
  for (const [what, volume] of Object.entries(volumes)) await writeFile(`${folder}/${what}`, new Uint8Array(await (await writeScan(volume, family)).arrayBuffer()));
}
