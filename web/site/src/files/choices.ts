/** Choices: what can be stripped of the files that were dropped: each image, and each series of DICOM files. */

import type { Choice } from "../../../app/src/contract";
import { isDicom, listSeries, type NamedFile, type Series } from "../../../formats/dicom_series";
import { InputError } from "../../../formats/limits";
import { familyOf, foreignSuffix } from "../../../formats/names";
import { readNiftiShape } from "../../../formats/nifti";
import type { Readable } from "../../../formats/formats";
import { unzip } from "./zip";

/** A scan that can be stripped. */
export interface Source {
  readonly kind: "image" | "series" | "demo";
  /** How the job is called. */
  readonly name: string;
  /** How the command line would name it, and choose the series. */
  readonly shown: string;
  readonly selector?: string;
  /** The image alone, or the files of the series. */
  readonly files: readonly NamedFile[];
  readonly family: Readable;
  /** The file of b-values that has the name of the image. */
  readonly bValues?: File;
  /** Those of its folder that have no name of their own, of which one may fit. */
  readonly plainBValues?: readonly File[];
}

/** Whole names of files of b-values in folders of FSL and of the Human Connectome Project. */
const PLAIN_NAMES = ["bvals", "bval"];

export interface Found {
  readonly choice: Choice;
  readonly source: Source;
}

export async function findChoices(dropped: readonly NamedFile[]): Promise<Found[]> {
  const files: NamedFile[] = [];
  for (const named of dropped) files.push(...(familyOf(named.name) === "zip" ? await unzip(named) : [named]));
  const dicom: NamedFile[] = [];
  const images: Found[] = [];
  let foreign = "";
  for (const named of [...files].sort((one, two) => (one.name < two.name ? -1 : 1))) {
    const family = familyOf(named.name);
    if (family === "nifti" || family === "mgh" || family === "nrrd") images.push(await imageOf(named, family, files));
    else if (foreignSuffix(named.name)) foreign ||= named.name;
    else if (await isDicom(named)) dicom.push(named);
  }
  const found = [...images, ...await seriesOf(dicom)];
  if (!found.length) throw new InputError(nothingIn(files, foreign));
  if (found.every(({ choice }) => choice.kind === "image" && choice.note)) throw new InputError(found[0]?.choice.note ?? "");
  return found;
}

function nothingIn(files: readonly NamedFile[], foreign: string): string {
  if (foreign) return `${foreign}: is of a format that this page does not read; use 'deskull strip', or give NIfTI, MGH, NRRD or DICOM.`;
  const [first] = files;
  const some = files.length > 1 ? `${first?.name} and ${files.length - 1} more` : first?.name ?? "The archive";
  return `${some}: no file is a scan that this page reads; give NIfTI, MGH, NRRD or DICOM.`;
}

async function imageOf(named: NamedFile, family: Readable, files: readonly NamedFile[]): Promise<Found> {
  const stem = named.name.replace(/\.nii(\.gz)?$/i, "");
  const beside = files.find(({ name }) => name === `${stem}.bval` || name === `${stem}.bvals`);
  const folder = named.name.slice(0, named.name.lastIndexOf("/") + 1);
  const plainBValues = PLAIN_NAMES.flatMap((plain) => files.filter(({ name }) => name === folder + plain).map(({ file }) => file));
  const { shape, note } = family === "nifti" ? await lookAt(named) : { shape: null, note: "" };
  const choice: Choice = { id: `image-${named.name}`, label: named.name, kind: "image", n_files: 1, shape, note };
  return { choice, source: { kind: "image", name: named.name, shown: named.name, files: [named], family, plainBValues, ...(beside && { bValues: beside.file }) } };
}

async function lookAt({ file, name }: NamedFile): Promise<{ shape: number[] | null; note: string }> {
  try {
    if (!file.size) throw new InputError(`${name}: the file is empty; copy or convert it again.`);
    return { shape: await readNiftiShape(file, name), note: "" };
  } catch (error) {
    return { shape: null, note: error instanceof InputError ? error.message : `${name}: is damaged or not what its name says; copy it again.` };
  }
}

async function seriesOf(files: readonly NamedFile[]): Promise<Found[]> {
  const { series, damaged } = await listSeries(files);
  const left = damaged ? `${damaged} damaged file${damaged > 1 ? "s are" : " is"} left out.` : "";
  return series.map((one) => ({ choice: choiceOf(one, left), source: sourceOf(one) }));
}

function choiceOf(series: Series, left: string): Choice {
  const excluded = series.exclusion ? `Not stripped unless you choose it: ${series.exclusion}.` : "";
  return { id: `series-${series.position}`, label: series.label, kind: "dicom series", n_files: series.files.length, shape: null, note: [excluded, left].filter(Boolean).join(" ") };
}

function sourceOf(series: Series): Source {
  const shown = givenAs(series.files.map(({ name }) => name));
  return { kind: "series", name: `${shown} series ${series.key}`, shown, selector: `#${series.position}`, files: series.files, family: "nifti" };
}

/** What the command line would be given for a series: the archive, the folder, or the only file. */
function givenAs(names: readonly string[]): string {
  const [first = "dicom"] = names;
  const archive = first.toLowerCase().indexOf(".zip/");
  if (archive >= 0) return first.slice(0, archive + 4);
  if (names.length === 1) return first;
  return first.includes("/") ? first.slice(0, first.lastIndexOf("/")) : "dicom";
}
