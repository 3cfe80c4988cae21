/**
 * Build: bundles the programs of the static page into the package, with the WebAssembly files that they load.
 *
 * `node build.mjs FOLDER` writes them to another folder, with which a test compares what is committed. `deskull web build` puts the
 * page together from them, the networks, and the assets of the other pages.
 */

import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWorker } from "../engine/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../../src/deskull/web/site");
const packages = join(here, "node_modules");
const settings = {
  absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none", charset: "ascii", outdir: out, format: "esm", nodePaths: [packages],
};
const CONVERTER = join(packages, "@niivue/dcm2niix/dist");
/** Packages whose code or programs are part of the page, with their folders. */
const USED = { "onnxruntime-web": join(here, "../engine/node_modules"), "@niivue/dcm2niix": packages, "@zip.js/zip.js": packages, "dicom-parser": packages, pako: packages };
/** What the page may load and do; the same is said by the service worker with every file. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
  + "connect-src 'self' data: blob:; worker-src 'self'; base-uri 'none'; form-action 'none'";

await mkdir(out, { recursive: true });
await build({ ...settings, entryPoints: { site: "src/main.ts", files_worker: "src/files/files_worker.ts" } });
await build({ ...settings, entryPoints: ["service/service_worker.ts"], format: "iife", define: { POLICY: JSON.stringify(POLICY) } });
await buildWorker(out);
await copyFile(join(CONVERTER, "worker.js"), join(out, "dcm2niix_worker.js"));
for (const name of ["dcm2niix.js", "dcm2niix.wasm"]) await copyFile(join(CONVERTER, name), join(out, name));
await writeFile(join(out, "index.html"), pageOf(await readFile(join(here, "../app/src/index.html"), "utf8")));
await writeFile(join(out, "LICENSES.txt"), await licences());

/** The page of `deskull serve` with the program of this one and a policy of its own. */
function pageOf(text) {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const waiting = '<p class="waiting">Loading. If nothing else appears here, type \'python -m http.server --bind 127.0.0.1 8000\' in the folder of this page and open http://localhost:8000.</p>';
  return text
    .replace('<meta charset="utf-8">', `<meta charset="utf-8">\n${policy}`)
    .replace('<script src="assets/app.js" defer></script>', '<script type="module" src="assets/site.js"></script>')
    .replace("<noscript>", `${waiting}<noscript>`);
}

/** Licences of the packages that are part of the page, beside those of NiiVue. */
async function licences() {
  const parts = ["The programs of the static page belong to deskull (Apache License 2.0). They contain or load these packages:"];
  for (const [name, folder] of Object.entries(USED)) {
    const { version, license } = JSON.parse(await readFile(join(folder, name, "package.json"), "utf8"));
    const file = (await readdir(join(folder, name))).find((entry) => /^licen[sc]e/i.test(entry));
    const own = await readFile(join(here, "licences", `${name.replace("@", "").replace("/", "_")}.txt`), "utf8").catch(() => undefined);
    const text = own ?? (file && await readFile(join(folder, name, file), "utf8"));
    if (!text) throw new Error(`${name}: has no file of its licence; put it into web/site/licences`);
    parts.push(`${name} ${version} (${license}):`, text);
  }
  return `${parts.map((part) => part.replaceAll("\r", "").trim()).join("\n\n")}\n`;
}
