/**
 * Driver: the one volume that the page strips of a series, for tests in Python.
 *
 * Reads paths from the standard input as JSON: those of the files that are dropped, and of where the volume is written.
 */

import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { findChoices } from "../src/files/choices";
import { loadScan } from "../src/files/scans";

const { dropped, target } = JSON.parse(await readFile("/dev/stdin", "utf8")) as { dropped: string[]; target: string };
const files = await Promise.all(dropped.map(async (path) => ({ name: basename(path), file: new File([await readFile(path)], basename(path)) })));
const [found] = await findChoices(files);
if (!found) throw new Error("there is no scan");
const { shown, warnings } = await loadScan(found.source, "");
await writeFile(target, new Uint8Array(await shown.arrayBuffer()));
console.log(JSON.stringify(warnings));
