/** Scene: a scan that is shown: its voxels, its body, how it is viewed and how it is edited. */

import type { Editor } from "../edit/editor";
import type { Body } from "./body";
import type { Image } from "./nifti";
import type { View } from "./view";

export interface Scene {
  readonly image: Image;
  readonly body: Body;
  readonly view: View;
  readonly editor: Editor;
}
