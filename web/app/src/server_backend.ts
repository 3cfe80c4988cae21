/** Server backend: the server of `deskull serve` does the work, and tells of its queue by events. */

import { server } from "./api";
import type { Backend, Listener } from "./backend";
import { DOWNLOADS, type Job } from "./contract";
import { uploadFiles } from "./start/upload";

export const serverBackend: Backend = {
  ...server,
  words: {
    kinds: "NIfTI, DICOM (files, a folder or a zip), NRRD, MetaImage, MGH. The scans stay on the computer that runs deskull.",
    needs: "",
    place: "this server",
    unknownScan: "This scan is not on the server any more.",
    offline: "The server does not answer; waiting for it.",
  },
  downloads: DOWNLOADS,
  isVolatile: false,
  offer: uploadFiles,
  follow,
};

function follow(listener: Listener): void {
  const events = new EventSource("/api/events");
  events.addEventListener("jobs", (event: MessageEvent<string>) => listener.jobs(JSON.parse(event.data) as Job[]));
  events.addEventListener("job", (event: MessageEvent<string>) => listener.job(JSON.parse(event.data) as Job));
  events.addEventListener("removed", (event: MessageEvent<string>) => listener.removed((JSON.parse(event.data) as { id: string }).id));
  events.addEventListener("error", () => listener.lost());
  addEventListener("pagehide", () => events.close());
}
