/** Build of tests: bundles a program in TypeScript, with what it imports, into a file that node runs. */

import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [source, target] = process.argv.slice(2);
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
// Packages of an older form require the modules of node.
const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
await build({ banner, entryPoints: [source], outfile: target, bundle: true, platform: "node", format: "esm", target: "es2022", nodePaths: [modules] });
