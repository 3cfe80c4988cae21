/** Scripts: data of single scans, loaded when they are needed. Pages opened from disk may run scripts, but read no files. */

import { fileStem, type Scan } from "./data";

export type Pairs = [name: string, value: string | number][];

export interface Details {
  facts: Pairs;
  input: Pairs;
  measures: Pairs;
  panels: [plane: string, ...positions: number[]][];
}

export interface Images {
  scan: string;
  mask: string;
}

const details = new Map<number, Details>();
const images = new Map<number, Images>();
const loading = new Map<string, Promise<void>>();

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
  if (!images.has(scan.number)) loading.delete(file);
  await loadScript(file);
  return required(images.get(scan.number));
}

/** Runs a script once. */
export function loadScript(file: string): Promise<void> {
  const known = loading.get(file);
  if (known) return known;
  const promise = new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = file;
    script.addEventListener("load", () => { script.remove(); resolve(); });
    script.addEventListener("error", () => { script.remove(); loading.delete(file); reject(new Error(`${file} could not be loaded`)); });
    document.head.append(script);
  });
  loading.set(file, promise);
  return promise;
}

function required<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("the file does not hold the data of this scan");
  return found;
}
