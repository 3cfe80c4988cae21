/** Dcm2niix: converts the files of a DICOM series to NIfTI, in a worker of its own that ends with it. */

import type { NamedFile } from "../../../formats/dicom_series";
import { InputError } from "../../../formats/limits";

/** Longest time for a series. */
const MAX_MS = 600_000;
/** What dcm2niix appends to the names of images that are no magnitudes, or that it has resampled. */
const PHASE = /_(ph|real|imaginary)/;
const RESAMPLED = /_(Eq|Tilt)/;
/** Text fields of a NIfTI-1 header that dcm2niix fills from the DICOM headers: start and length. */
const TEXTS = [[14, 18], [148, 80], [228, 24], [328, 16]] as const;

type Answer = { type: "ready" } | { type: "error"; message: string } | { type?: undefined; convertedFiles: File[]; exitCode: number };

/** The largest image of a series, as an uncompressed NIfTI file without texts of its headers. */
export async function convertSeries(files: readonly NamedFile[], name: string, address: string): Promise<File> {
  const images = (await run(files, name, address)).filter((file) => file.name.endsWith(".nii"));
  if (images.some((file) => RESAMPLED.test(file.name))) {
    throw new InputError(`${name}: its slices are tilted or not evenly spaced, which this page does not handle; use 'deskull strip'.`);
  }
  images.sort((one, two) => two.size - one.size || Number(PHASE.test(one.name)) - Number(PHASE.test(two.name)) || (one.name < two.name ? -1 : 1));
  const [largest] = images;
  if (!largest) throw new InputError(`${name}: dcm2niix cannot convert it; check that its files are complete.`);
  const content = new Uint8Array(await largest.arrayBuffer());
  for (const [start, length] of TEXTS) content.fill(0, start, start + length);
  return new File([content], "series.nii");
}

function run(files: readonly NamedFile[], name: string, address: string): Promise<File[]> {
  const worker = new Worker(address, { type: "module" });
  const fileList = files.map(({ file }, at) => ({ file, webkitRelativePath: `${String(at).padStart(6, "0")}.dcm` }));
  return new Promise<File[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new InputError(`${name}: dcm2niix took longer than 10 minutes; convert it yourself.`)), MAX_MS);
    worker.onerror = () => reject(new InputError(`${name}: dcm2niix stopped; convert it yourself, or use 'deskull strip'.`));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.type === "ready") worker.postMessage({ fileList, cmd: ["-z", "n", "-b", "n", "-f", "image"] });
      else if (data.type === "error") reject(new InputError(`${name}: dcm2niix cannot convert it; check that its files are complete.`));
      else resolve(data.convertedFiles);
      if (data.type !== "ready") clearTimeout(timer);
    };
  }).finally(() => worker.terminate());
}
