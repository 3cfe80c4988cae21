/** Build of tests: bundles a program in TypeScript, with what it imports, into a file that node runs. */

import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [source, target] = process.argv.slice(2);
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
await build({ entryPoints: [source], outfile: target, bundle: true, platform: "node", format: "esm", target: "es2022", nodePaths: [modules] });
