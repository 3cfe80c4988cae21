/**
 * Build: bundles the page's program and style into the package's assets, with the page itself.
 *
 * `node build.mjs FOLDER` writes them to another folder, with which a test compares what is committed. NiiVue is not
 * copied: the server offers the file that stands with the assets of `deskull report`, beside its licences.
 */

import { build } from "esbuild";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../../src/deskull/web/assets");
const settings = { absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none", outdir: out };

await mkdir(out, { recursive: true });
await build({ ...settings, entryPoints: { app: "src/main.ts" }, format: "iife", charset: "ascii" });
await build({ ...settings, entryPoints: ["src/app.css"], charset: "utf8" });
for (const name of ["index.html", "icon.svg"]) await copyFile(join(here, "src", name), join(out, name));
