/** NRRD axes: which are spatial, which count frames, and where voxels lie in the world (`deskull.formats.nrrd_axes`). */

import { affineOf, affineOfColumns, scaleWorld } from "./affine";
import { quote, type NrrdHeader } from "./nrrd_header";
import type { Affine } from "./volume";

const TO_RAS: Readonly<Record<string, readonly number[]>> = {
  "right-anterior-superior": [1, 1, 1], ras: [1, 1, 1], "left-anterior-superior": [-1, 1, 1], las: [-1, 1, 1], "left-posterior-superior": [-1, -1, 1], lps: [-1, -1, 1],
};
const WITH_TIME: Readonly<Record<string, string>> = { rast: "ras", last: "las", lpst: "lps" };
const MM: Readonly<Record<string, number>> = {
  "": 1, "???": 1, none: 1, mm: 1, millimeter: 1, millimeters: 1, millimetres: 1, um: 1e-3, "\u00b5m": 1e-3, "\u03bcm": 1e-3, micron: 1e-3, microns: 1e-3, cm: 10, m: 1000,
};
const SPATIAL = ["", "domain", "space", "none", "???"];
const FRAMES = ["list", "time", "scalar", "stub"];

type Warn = (sentence: string) => void;
type Directions = readonly (readonly number[] | undefined)[] | undefined;

export interface Axes {
  /** Axes of the file: three spatial ones, then frames, then those of one sample. */
  readonly order: number[];
  readonly affine: Affine;
}

export function axesOf(header: NrrdHeader, sizes: readonly number[], warn: Warn): Axes {
  refuseOtherKinds(header, sizes);
  const directions = header.vectors("spacedirections", sizes.length);
  const other = otherAxes(header, sizes, directions);
  const spatial = sizes.map((_, axis) => axis).filter((axis) => !other.includes(axis));
  if (spatial.length !== 3) throw wrongNumber(header, sizes, directions, spatial.length);
  const order = [...spatial, ...other.filter((axis) => sizes[axis] !== 1), ...other.filter((axis) => sizes[axis] === 1)];
  if (!directions) return { order, affine: affineOfSpacings(header, sizes.length, spatial, warn) };
  return { order, affine: affineOfDirections(header, spatial.flatMap((axis) => (directions[axis] ? [directions[axis]] : [])), warn) };
}

function wrongNumber(header: NrrdHeader, sizes: readonly number[], directions: Directions, number: number): Error {
  const text = sizes.join("x");
  if (number >= 3) return header.fault(`has ${sizes.length} dimensions (shape ${text})`, "split it into 3-D or 4-D images");
  if (directions && sizes.filter((size) => size !== 1).length >= 3) return header.fault("its space directions are none along too many axes");
  return header.fault(`is a 2-D image (shape ${text})`, "deskull needs a whole 3-D scan");
}

/** Refuses axes whose samples make up one value: colours, vectors, complex numbers, matrices. */
function refuseOtherKinds(header: NrrdHeader, sizes: readonly number[]): void {
  const kinds = header.words("kinds");
  if (kinds.length && kinds.length !== sizes.length) throw header.fault(`has ${kinds.length} kinds for ${sizes.length} axes`);
  if (header.lines.some((line) => !line.name && line.text.startsWith("modality:=") && line.text.includes("DWMRI"))) return; // diffusion images of 3D Slicer
  kinds.forEach((kind, axis) => {
    if (sizes[axis] === 1 || [...SPATIAL, ...FRAMES].includes(kind.toLowerCase())) return;
    if (kind.toLowerCase() === "complex") throw header.fault("holds complex numbers", "give its magnitude image");
    throw header.fault(`holds colours or vectors (${quote(kind)}), not intensities`, "give the scan it was made from");
  });
}

function otherAxes(header: NrrdHeader, sizes: readonly number[], directions: Directions): number[] {
  const all = sizes.map((_, axis) => axis);
  if (directions) {
    return all.filter((axis) => {
      const one = directions[axis];
      return !one || (one.length === 4 && !one.slice(0, 3).some(Boolean));
    });
  }
  const kinds = header.words("kinds");
  const spacings = header.numbers("spacings", sizes.length) ?? [];
  const byKind = all.filter((axis) => !SPATIAL.includes((kinds[axis] ?? "").toLowerCase()));
  if (byKind.length) return byKind;
  const bySpacing = sizes.length > 3 ? all.filter((axis) => Number.isNaN(spacings[axis] ?? 1)) : [];
  return bySpacing.length ? bySpacing : all.slice(3);
}

/** An affine of voxel sizes alone, with a warning. */
function affineOfSpacings(header: NrrdHeader, nAxes: number, spatial: readonly number[], warn: Warn): Affine {
  const spacings = header.numbers("spacings", nAxes);
  if (!spacings || spatial.some((axis) => Number.isNaN(spacings[axis]))) {
    throw header.fault("gives no voxel size (space directions or spacings)", "add it to the header, in mm");
  }
  warn(`${header.fileName}: no orientation in the header; its axes are taken as stored.`);
  const units = header.words("units");
  if (units.length && units.length !== nAxes) throw header.fault(`has ${units.length} units for ${nAxes} axes`);
  const factors = mmPerUnit(header, spatial.map((axis) => units[axis] ?? ""), warn);
  return affineOf([0, 1, 2].map((row) => [0, 1, 2, 3].map((at) => (at === row ? (spacings[spatial[row] ?? 0] ?? 1) * (factors[row] ?? 1) : 0))));
}

/** The affine of the space fields, towards right, front and top, in mm. */
function affineOfDirections(header: NrrdHeader, columns: readonly (readonly number[])[], warn: Warn): Affine {
  const nWorld = columns[0]?.length ?? 0;
  if ((nWorld !== 3 && nWorld !== 4) || columns.some((one) => one.slice(3).some(Boolean))) throw header.fault("its space directions are not those of a 3-D space");
  const [origin] = header.vectors("spaceorigin", 1) ?? [new Array<number>(nWorld).fill(0)];
  if (origin?.length !== nWorld) throw header.fault(`its space origin does not have ${nWorld} finite numbers`);
  const units = header.words("spaceunits");
  if (units.length && units.length !== nWorld) throw header.fault(`has ${units.length} space units for ${nWorld} axes`);
  const factors = mmPerUnit(header, units.length ? units.slice(0, 3) : ["mm", "mm", "mm"], warn);
  const signs = signsOf(header, warn);
  return scaleWorld(affineOfColumns(columns, origin), factors.map((factor, axis) => factor * (signs[axis] ?? 1)));
}

/** Signs that turn the header's space into RAS+. */
function signsOf(header: NrrdHeader, warn: Warn): readonly number[] {
  const text = header.text("space");
  if (text === undefined) {
    warn(`${header.fileName}: names no anatomical space; its directions are taken as right-anterior-superior.`);
    return [1, 1, 1];
  }
  const space = text.toLowerCase().replace(/-time$/, "");
  const signs = TO_RAS[WITH_TIME[space] ?? space];
  if (!signs) throw header.fault(`its space ${quote(text)} is not anatomical`, "save it in LPS or RAS");
  return signs;
}

function mmPerUnit(header: NrrdHeader, units: readonly string[], warn: Warn): number[] {
  const unknown = units.find((unit) => MM[unit.toLowerCase()] === undefined);
  if (unknown !== undefined) throw header.fault(`has the unknown unit of length ${quote(unknown)}`, "convert its header to mm");
  const factors = units.map((unit) => MM[unit.toLowerCase()] ?? 1);
  if (factors.some((factor) => factor !== 1)) warn(`${header.fileName}: its distances in ${[...new Set(units)].join(", ")} are converted to mm.`);
  return factors;
}
