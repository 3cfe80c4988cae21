/**
 * Judges the cases in a folder, for tests against the Python package: `node RUNNER CALIBRATIONS FOLDER` prints JSON.
 *
 * Each case is a folder with `case.json` and the arrays that it names, in Fortran order. `calls.json` lists calls of single
 * functions, whose results are printed in the same order.
 */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { judgeMeasures } from "../quality/assessment";
import { readCalibration } from "../quality/calibration";
import { MaskEvidence } from "../quality/evidence";
import { findUnusual } from "../quality/findings";
import { judge } from "../quality/judge";
import { inputMeasures, maskMeasures } from "../quality/measures/index";
import { decompose } from "../quality/measures/symmetric";
import { fixed, general, rounded } from "../quality/numbers";
import { toRecord } from "../quality/verdict";
import { describe, knownWords } from "../quality/wording";

const TYPES = { Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array };
const [calibrations, folder] = process.argv.slice(2);
const json = (path) => JSON.parse(readFileSync(path, "utf8"), (_, value) => (value === null ? NaN : value)); // of Python, NaN
const table = json(join(calibrations, "default.json"));
const numbers = readFileSync(join(calibrations, "default.npz"));
const efforts = { default: await readCalibration(table, numbers, "default"), thorough: await readCalibration(table, numbers, "thorough") };
const calls = {
  fixed, general, rounded, describe, decompose, findUnusual,
  knownWords: (name) => knownWords(name) ?? null,
  judgeMeasures: (scan, mask, effort) => toRecord(judgeMeasures(scan, mask, efforts[effort])),
  predict: (model, measures, effort) => efforts[effort][model].predict(measures),
  contributions: (model, measures, effort) => efforts[effort][model].contributions(measures),
  percentiles: (measures) => efforts.default.percentiles(measures),
  judge: (stripped, scanner) => judge(stripped, efforts.default, scanner),
};

function arrayOf(path, { type, shape }) {
  const bytes = readFileSync(path);
  return { values: new TYPES[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)), shape };
}

function evidenceOf(path) {
  const { arrays, scan, ...rest } = json(join(path, "case.json"));
  const read = (name) => arrays[name] && arrayOf(join(path, `${name}.raw`), arrays[name]);
  const { shape } = read("image");
  const fields = Object.fromEntries(["second", "mirrored"].flatMap((name) => (read(name) ? [[name, read(name)]] : [])));
  const onGrid = ["mask", "image", "fieldOfView", "distance", "predicted", "intracranial"];
  const grids = Object.fromEntries(onGrid.flatMap((name) => (read(name) ? [[name, read(name).values]] : [])));
  return { scan: { ...read("scan"), ...scan }, ...grids, ...fields, shape, ...rest };
}

function judged(path) {
  const { effort, ...given } = evidenceOf(path);
  const start = performance.now();
  const quality = judge({ model: { name: "default" }, evidence: given }, efforts[effort]);
  const seconds = (performance.now() - start) / 1000;
  const evidence = new MaskEvidence(given);
  return { quality, seconds, input: inputMeasures(evidence), measures: maskMeasures(evidence, efforts[effort].shape) };
}

const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, "case.json")));
const file = join(folder, "calls.json");
const called = existsSync(file) ? json(file).map(([name, ...values]) => calls[name](...values)) : [];
console.log(JSON.stringify({ cases: Object.fromEntries(cases.map((name) => [name, judged(join(folder, name))])), calls: called }));
