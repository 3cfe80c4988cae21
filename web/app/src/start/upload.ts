/** Upload: files go to the server one by one; then it says what in them can be stripped. */

import { Refusal, server } from "../api";
import type { Offer } from "../backend";
import type { State } from "../contract";
import type { Picked } from "./dropped";

/** Sends files; `progress` is told which part has been sent. What is refused leaves nothing on the server. */
export async function uploadFiles(
  files: readonly Picked[], limits: State["limits"], progress: (part: number) => void, signal: AbortSignal,
): Promise<Offer> {
  checkLimits(files, limits);
  const upload = await server.openUpload(files.length);
  try {
    const total = files.reduce((sum, { file }) => sum + file.size, 0) || 1;
    let sent = 0;
    for (const { file, name } of files) {
      await send(server.fileAddress(upload, name), file, (bytes) => progress((sent + bytes) / total), signal);
      sent += file.size;
    }
    return { upload, choices: await server.closeUpload(upload) };
  } catch (error) {
    await server.dropUpload(upload).catch(() => undefined);
    throw error;
  }
}

function checkLimits(files: readonly Picked[], limits: State["limits"]): void {
  if (!files.length) throw new Error("There are no files in this; choose a scan, or a folder with scans.");
  if (files.length > limits.files) {
    throw new Error(`These are ${files.length.toLocaleString("en")} files, and at most ${limits.files.toLocaleString("en")} are taken at once; choose fewer.`);
  }
  const large = files.find(({ file }) => file.size > limits.file_bytes);
  if (large) throw new Error(`${large.name} has more than ${Math.round(limits.file_bytes / 1e6).toLocaleString("en")} MB; start 'deskull serve' with a higher limit, or use 'deskull strip'.`);
}

/** Sends a file with the request that tells how much of it has been sent. */
function send(address: string, file: File, progress: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("X-Deskull", "1");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(refusal(request))));
    request.addEventListener("error", () => reject(new Refusal("The connection broke off; check that 'deskull serve' still runs.", 0)));
    request.addEventListener("abort", () => reject(new Error("The upload was stopped.")));
    if (signal.aborted) return reject(new Error("The upload was stopped."));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest): Refusal {
  try {
    const said = JSON.parse(request.responseText) as { error?: unknown };
    if (typeof said.error === "string") return new Refusal(said.error, request.status);
  } catch { /* no JSON */ }
  return new Refusal(`The server refused the file (status ${request.status}).`, request.status);
}
