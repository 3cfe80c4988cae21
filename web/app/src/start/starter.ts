/** Starter: files, paths and the demo become jobs. */

import { api } from "../backend";
import type { Job, Options, State } from "../contract";
import type { Jobs } from "../jobs";
import { askForChoices } from "./choices_dialog";
import type { Picked } from "./dropped";

export class Starter {
  constructor(private readonly state: State, private readonly jobs: Jobs) {}

  /** Uploads files and queues what is to be stripped; no job if nothing was chosen. */
  async startFiles(files: readonly Picked[], options: Options, progress: (part: number) => void, signal: AbortSignal): Promise<Job[]> {
    const { upload, choices } = await api.offer(files, this.state.limits, progress, signal);
    if (!choices.length) throw await this.nothingIn(upload);
    const chosen = choices.length === 1 ? choices.map(({ id }) => id) : await askForChoices(choices);
    if (chosen.length) return this.take(await api.startUploaded(upload, chosen, options));
    await api.dropUpload(upload);
    return [];
  }

  async startPaths(paths: string[], options: Options): Promise<Job[]> {
    return this.take(await api.startPaths(paths, options));
  }

  async startDemo(options: Options): Promise<Job[]> {
    return this.take(await api.startDemo(options));
  }

  private take(jobs: Job[]): Job[] {
    for (const job of jobs) if (!this.jobs.get(job.id)) this.jobs.put(job);
    return jobs;
  }

  private async nothingIn(upload: string): Promise<Error> {
    await api.dropUpload(upload).catch(() => undefined);
    return new Error("None of these files is a scan that deskull reads: choose NIfTI, DICOM, NRRD, MetaImage, MGH or a zip of DICOM files.");
  }
}
