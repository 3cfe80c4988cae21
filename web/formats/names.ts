/** Names: what the end of a file's name says, and what results are called (`deskull.formats`, `deskull.web.names`). */

export type Family = "nifti" | "mgh" | "nrrd" | "dicom" | "zip";

const SUFFIXES: readonly (readonly [string, Family])[] = [
  [".nii.gz", "nifti"], [".mgh.gz", "mgh"], [".nii", "nifti"], [".mgz", "mgh"], [".mgh", "mgh"], [".nrrd", "nrrd"], [".dcm", "dicom"], [".ima", "dicom"], [".zip", "zip"],
];
/** Suffixes that `deskull strip` reads and this page does not. */
const OTHERS = [".hdr.gz", ".img.gz", ".brik.gz", ".mnc.gz", ".nhdr", ".hdr", ".img", ".mha", ".mhd", ".head", ".brik", ".mnc", ".par", ".rec"];
const OUTPUT: Readonly<Record<Family, string>> = { nifti: ".nii.gz", mgh: ".mgz", nrrd: ".nrrd", dicom: ".nii.gz", zip: ".nii.gz" };
const FORBIDDEN = /[<>:"/\\|?*]/g;
const LONGEST = 120;

/** What the end of a name says; undefined if it says nothing. */
export function familyOf(name: string): Family | undefined {
  return SUFFIXES.find(([suffix]) => name.toLowerCase().endsWith(suffix))?.[1];
}

/** The end of a name that only the command line reads; empty if it has none. */
export function foreignSuffix(name: string): string {
  return OTHERS.find((suffix) => name.toLowerCase().endsWith(suffix)) ?? "";
}

/** What results are named after: the last part of a name without its suffix, safe on any system. */
export function stemOf(shown: string): string {
  const name = shown.slice(shown.lastIndexOf("/") + 1);
  const suffix = SUFFIXES.find(([one]) => name.toLowerCase().endsWith(one))?.[0] ?? "";
  const stem = name.slice(0, name.length - suffix.length).replace(FORBIDDEN, "_");
  return stem.slice(0, LONGEST).replace(/^[. ]+|[. ]+$/g, "") || "scan";
}

export function outputSuffix(family: Family): string {
  return OUTPUT[family];
}
