/** Backend: what does the page's work: the server of `deskull serve`, or, on the static page, the browser itself. */

import type { Choice, Download, EditCounts, Folder, Job, Options, Review, State, Surface, VolumeName } from "./contract";
import type { Picked } from "./start/dropped";

/** What files of an upload can be stripped. */
export interface Offer {
  readonly upload: string;
  readonly choices: Choice[];
}

/** What a page is told while it is open. */
export interface Listener {
  /** All jobs, as they are when the page begins to listen, and when it does again after a break. */
  jobs(jobs: Job[]): void;
  job(job: Job): void;
  removed(id: string): void;
  /** Called when the connection breaks. */
  lost(): void;
}

export interface SavedFile {
  readonly name: string;
  readonly content: Blob;
}

/** A mask that a file is made for. */
export interface Place {
  readonly border: number;
  readonly surface: Surface;
}

/** Sentences that differ between the pages. */
export interface Words {
  /** Formats that are read, and where the scans stay. */
  readonly kinds: string;
  /** What the user should know before the first scan; empty if nothing. */
  readonly needs: string;
  /** Where results are deleted from: "this server". */
  readonly place: string;
  readonly unknownScan: string;
  readonly offline: string;
}

export interface Backend {
  readonly words: Words;
  /** Files that can be taken. */
  readonly downloads: readonly Download[];
  /** Whether jobs are lost when the page is left. */
  readonly isVolatile: boolean;
  state(): Promise<State>;
  follow(listener: Listener): void;
  /** Takes files in; what is refused leaves nothing behind. */
  offer(files: readonly Picked[], limits: State["limits"], progress: (part: number) => void, signal: AbortSignal): Promise<Offer>;
  dropUpload(upload: string): Promise<unknown>;
  folder(path: string): Promise<Folder>;
  startUploaded(upload: string, choices: string[], options: Options): Promise<Job[]>;
  startPaths(paths: string[], options: Options): Promise<Job[]>;
  startDemo(options: Options): Promise<Job[]>;
  remove(id: string): Promise<unknown>;
  volume(id: string, name: VolumeName): Promise<ArrayBuffer>;
  mask(id: string, place: Place): Promise<ArrayBuffer>;
  saveEdit(id: string, voxels: Blob, base: Place, headers: Record<string, string>): Promise<EditCounts>;
  dropEdit(id: string): Promise<unknown>;
  /** Address of a file; undefined where it has to be made by `file`. */
  addressOf(id: string, what: Download, place: Place): string | undefined;
  file(id: string, what: Download, place: Place): Promise<SavedFile>;
  review(): Promise<Review>;
  openRow(row: string): Promise<Job>;
  rate(row: string, rating: string, comment: string): Promise<unknown>;
}

/** What does the work of this page; set once, before anything else runs. */
export let api: Backend;

export function useBackend(backend: Backend): void {
  api = backend;
}
