/** Settings: what the page was built with, as `deskull web build` writes it into `settings.json`. */

import type { Model } from "../../app/src/contract";
import type { ModelCard } from "../../engine/types";

export interface Network extends Model {
  readonly card: ModelCard;
}

export interface Settings {
  readonly version: string;
  readonly notice: string;
  readonly models: Network[];
  /** Card of the network that looks at scans a second time, to judge their masks. */
  readonly second: ModelCard;
  /** Largest file that is taken, and number of files that are taken at once. */
  readonly limits: { readonly file_bytes: number; readonly files: number; readonly queue: number };
}

export async function loadSettings(): Promise<Settings> {
  return await (await load("settings.json")).json() as Settings;
}

export async function loadBytes(address: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await load(address)).arrayBuffer());
}

async function load(address: string): Promise<Response> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) throw new Error(`A file of the page is missing (${address}); serve the whole folder that 'deskull web build' wrote.`);
  return response;
}

/** Address of a file beside the program of the page. */
export function asset(name: string): string {
  return new URL(`assets/${name}`, document.baseURI).href;
}
