/** Downloads: the results of a job as files, named as the command line names them (`deskull.web.downloads`). */

import type { Place, SavedFile } from "../../../app/src/backend";
import type { Download } from "../../../app/src/contract";
import { outputSuffix, stemOf } from "../../../formats/names";
import type { Tasks } from "../files/protocol";
import type { Result } from "../files/scans";
import { maskOf } from "./masks";
import type { Work } from "./work";

export const OFFERED: readonly Download[] = ["mask", "brain", "distance", "edited", "edited-record", "edited-brain", "quality"];
const ENDINGS = { brain: { mask: "brainmask", brain: "brain", distance: "distance" }, intracranial: { mask: "icvmask", brain: "icv", distance: "icv_distance" } } as const;
const EDITED = "desc-edited_mask";

export async function makeFile(work: Work, what: Download, place: Place, files: Tasks): Promise<SavedFile> {
  const stem = stemOf(work.job.name.replace(/ series [^ ]*$/, ""));
  const written = async (result: Result, ending: string): Promise<SavedFile> => ({
    name: `${stem}_${ending}${outputSuffix(work.source.family)}`, content: await files.result(work.source, result),
  });
  const endings = ENDINGS[place.surface];
  switch (what) {
    case "mask": return written({ what, mask: await maskOf(work, place, files) }, endings.mask);
    case "brain": return written({ what, mask: await maskOf(work, place, files) }, endings.brain);
    case "distance": return written({ what, distance: await distanceOf(work, place) }, endings.distance);
    case "edited": return written({ what: "mask", mask: await editOf(work) }, EDITED);
    case "edited-brain": return written({ what: "brain", mask: await editOf(work) }, "desc-edited_brain");
    case "edited-record": return { name: `${stem}_${EDITED}.json`, content: json(edit(work).record) };
    case "quality": return { name: `${stem}_quality.json`, content: json({ quality: work.results?.quality ?? null }) };
    case "report": throw new Error("The page of the browser makes no report; use 'deskull strip --report'.");
  }
}

async function distanceOf(work: Work, { surface }: Place): Promise<Float32Array> {
  const blob = work.results?.distances[surface];
  if (!blob) throw new Error(`${work.job.name}: has no distance to the ${surface} surface; strip the scan for one.`);
  return new Float32Array(await blob.arrayBuffer());
}

function edit(work: Work): NonNullable<Work["edit"]> {
  if (!work.edit) throw new Error(`${work.job.name}: its mask was not edited; edit and save it first.`);
  return work.edit;
}

async function editOf(work: Work): Promise<Uint8Array> {
  return new Uint8Array(await edit(work).voxels.arrayBuffer());
}

function json(content: object): Blob {
  return new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" });
}
