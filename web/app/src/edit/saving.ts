/** Saving: the edited mask goes to the server, with who made it and how. */

import { api, type Place } from "../backend";
import type { EditCounts } from "../contract";
import { readStored, store } from "../../../shared/storage";
import type { Scene } from "../viewer/scene";

const NAME_KEY = "deskull-editor";

export function editorName(): string {
  return readStored(NAME_KEY) ?? "";
}

export function keepEditorName(name: string): void {
  store(NAME_KEY, name.trim());
}

/** Saves the edited mask, whose base is remembered so that the edit is told apart from it again. */
export async function saveEdit(id: string, scene: Scene, base: Place): Promise<EditCounts> {
  const voxels = new Blob([scene.body.voxels()]).stream().pipeThrough(new CompressionStream("gzip"));
  const body = new Blob([await new Response(voxels).arrayBuffer()]);
  const headers = { "X-Deskull-Editor": headerText(editorName()), "X-Deskull-History": scene.editor.history.asHeader() };
  const counts = await api.saveEdit(id, body, base, headers);
  store(baseKey(id), JSON.stringify(base));
  scene.editor.set({ isUnsaved: false });
  return counts;
}

/** The mask that a saved edit was made on, as far as this browser knows. */
export function savedBase(id: string): Place | undefined {
  try {
    return JSON.parse(readStored(baseKey(id)) ?? "null") as Place ?? undefined;
  } catch {
    return undefined;
  }
}

function baseKey(id: string): string {
  return `deskull-edit:${id}`;
}

/** A header holds ASCII only: other letters are percent-encoded. */
function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes("%") ? text : encodeURIComponent(text);
}
