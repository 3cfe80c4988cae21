/** API: requests to the server of `deskull serve`. Each fails with the sentence that the server gives, or with one of its own. */

import type { Place, SavedFile } from "./backend";
import type { Choice, Download, EditCounts, Folder, Job, Options, Review, State, VolumeName } from "./contract";

const UNREACHABLE = "The server does not answer; check that 'deskull serve' still runs.";

/** A request that was refused; the message is a sentence to show. */
export class Refusal extends Error {
  constructor(sentence: string, readonly status: number) {
    super(sentence);
  }
}

export const server = {
  openSession: (token: string) => call("POST", "/api/session", { token }),
  state: () => answer<State>("GET", "/api/state"),
  openUpload: async (files: number) => (await answer<{ upload: string }>("POST", "/api/uploads", { n_files: files })).upload,
  closeUpload: async (upload: string) => (await answer<{ choices: Choice[] }>("POST", `/api/uploads/${part(upload)}/done`)).choices,
  dropUpload: (upload: string) => call("DELETE", `/api/uploads/${part(upload)}`),
  fileAddress: (upload: string, name: string) => `/api/uploads/${part(upload)}/files?name=${part(name)}`,
  folder: (path: string) => answer<Folder>("GET", `/api/folder?path=${part(path)}`),
  startUploaded: (upload: string, choices: string[], options: Options) => start({ upload, choices, options }),
  startPaths: (paths: string[], options: Options) => start({ paths, options }),
  startDemo: (options: Options) => start({ demo: true, options }),
  remove: (id: string) => call("DELETE", `/api/jobs/${part(id)}`),
  volume: (id: string, name: VolumeName) => bytes(`/api/jobs/${part(id)}/volumes/${name}`),
  mask: (id: string, place: Place) => bytes(addressOf(id, "mask", place)),
  addressOf,
  file,
  saveEdit,
  dropEdit: (id: string) => call("DELETE", `/api/jobs/${part(id)}/edit`),
  review: () => answer<Review>("GET", "/api/review"),
  openRow: async (row: string) => (await answer<{ job: Job }>("POST", `/api/review/${part(row)}/open`)).job,
  rate: (row: string, rating: string, comment: string) => call("PUT", `/api/review/${part(row)}`, { rating, comment }),
};

/** Address of a file to download, for a border and a surface. */
function addressOf(id: string, what: Download, { border, surface }: Place): string {
  return `/api/jobs/${part(id)}/download/${what}?border_mm=${border}&surface=${surface}`;
}

/** Makes the error of an answer that is no success. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const said = await response.json().catch(() => null) as { error?: unknown } | null;
  const sentence = typeof said?.error === "string" ? said.error : `The server refused this (status ${response.status}).`;
  return new Refusal(sentence, response.status);
}

/** Loads a file under the name that the server gives it. */
async function file(id: string, what: Download, place: Place): Promise<SavedFile> {
  const response = await request(addressOf(id, what, place), { method: "GET" });
  const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? what;
  return { name, content: await response.blob() };
}

async function start(what: object): Promise<Job[]> {
  return (await answer<{ jobs: Job[] }>("POST", "/api/jobs", what)).jobs;
}

async function saveEdit(
  id: string, voxels: Blob, base: Place, headers: Record<string, string>,
): Promise<EditCounts> {
  const address = `/api/jobs/${part(id)}/edit?base_border_mm=${base.border}&surface=${base.surface}`;
  const response = await request(address, { method: "PUT", body: voxels, headers: { "X-Deskull": "1", ...headers } });
  return await response.json() as EditCounts;
}

async function bytes(address: string): Promise<ArrayBuffer> {
  return (await request(address, { method: "GET" })).arrayBuffer();
}

async function answer<T>(method: string, address: string, body?: object): Promise<T> {
  return await (await call(method, address, body)).json() as T;
}

function call(method: string, address: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = method === "GET" ? {} : { "X-Deskull": "1" };
  if (body) headers["Content-Type"] = "application/json";
  return request(address, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

async function request(address: string, settings: RequestInit): Promise<Response> {
  const response = await fetch(address, settings).catch(() => { throw new Refusal(UNREACHABLE, 0); });
  if (!response.ok) throw await refusalOf(response);
  return response;
}

function part(text: string): string {
  return encodeURIComponent(text);
}
