/**
 * Build: bundles the page's program and style into the package's assets, and copies NiiVue and its licence there.
 *
 * `node build.mjs FOLDER` writes them to another folder, with which a test compares what is committed.
 */

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../../src/deskull/report/assets");
const packages = join(here, "node_modules");
/** Packages whose code is part of NiiVue's file. */
const IN_NIIVUE = [
  "@lukeed/uuid", "@ungap/structured-clone", "array-equal", "fflate", "gl-matrix", "nifti-reader-js", "numcodecs",
  "reference-spec-reader", "unzipit", "uzip-module", "zarrita",
];

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { report: "src/main.ts" },
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  outdir: out,
});
await build({ absWorkingDir: here, entryPoints: ["src/report.css"], bundle: true, minify: true, target: "es2022", charset: "utf8", outdir: out });
await copyFile(join(packages, "@niivue/niivue/dist/niivue.umd.js"), join(out, "niivue.js"));
await writeFile(join(out, "LICENSES.txt"), await licences());

/** Licences of what is copied from others: NiiVue, and the packages that its file contains. */
async function licences() {
  const { version } = JSON.parse(await readFile(join(packages, "@niivue/niivue/package.json"), "utf8"));
  const parts = [
    "report.js and report.css belong to deskull (Apache License 2.0).",
    `niivue.js is NiiVue ${version}:`,
    await readFile(join(here, "licences/niivue.txt"), "utf8"),
    "It contains these packages:",
  ];
  for (const name of IN_NIIVUE) {
    const file = (await readdir(join(packages, name))).find((entry) => /^licen[sc]e/i.test(entry));
    parts.push(`${name}:`, await readFile(join(packages, name, file), "utf8"));
  }
  return `${parts.map((part) => part.replaceAll("\r", "").trim()).join("\n\n")}\n`;
}
