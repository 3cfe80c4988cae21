/** Scripts: data of single scans, loaded when they are needed. Pages opened from disk may run scripts, but read no files. */

import { forgetScript, loadScript } from "../../shared/load_script";
import { fileStem, type Scan } from "./data";

export type Fact = [name: string, value: string];
/** The percentile, from 1 to 99, is that among clean scans with good masks. */
export type Measure = [words: string, value: string | number, unit: string, percentile: number | null];

export interface Details {
  facts: Fact[];
  input: Measure[];
  measures: Measure[];
  panels: [plane: string, ...positions: number[]][];
}

export interface Images {
  scan: string;
  mask: string;
}

const details = new Map<number, Details>();
const images = new Map<number, Images>();

/** Offers the functions that the scripts call. */
export function receiveData(): void {
  Object.assign(globalThis, {
    deskullDetails: (number: number, found: Details) => details.set(number, found),
    deskullVolumes: (number: number, found: Images) => {
      images.clear(); // those of one scan are enough
      images.set(number, found);
    },
  });
}

/** Loads what only the page of a scan shows. */
export async function loadDetails(scan: Scan): Promise<Details> {
  await loadScript(`data/${fileStem(scan)}.js`);
  return required(details.get(scan.number));
}

/** Loads the scan and the mask, as NIfTI in base64. */
export async function loadImages(scan: Scan): Promise<Images> {
  const file = `volumes/${fileStem(scan)}.js`;
  if (!images.has(scan.number)) forgetScript(file);
  await loadScript(file);
  return required(images.get(scan.number));
}

function required<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("the file does not hold the data of this scan");
  return found;
}
