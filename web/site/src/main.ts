/** The program of the static page: the same page as that of `deskull serve`, with the work done in the browser. */

import { useBackend } from "../../app/src/backend";
import { refuse, start, startHeader } from "../../app/src/page";
import { byId } from "../../shared/dom";
import { applyTheme } from "../../shared/theme";
import { makeLocalBackend } from "./local_backend";
import { goOffline } from "./offline";
import { loadSettings } from "./settings";

const FROM_DISK = "Browsers run this page only from a server: type 'python -m http.server --bind 127.0.0.1 8000' in its folder and open http://localhost:8000.";

applyTheme();
startHeader();
void open();

async function open(): Promise<void> {
  if (location.protocol === "file:") return refuse(FROM_DISK);
  navigator.serviceWorker?.addEventListener("message", ({ data }) => { if (data === "kept") showKept(); });
  await goOffline();
  try {
    const settings = await loadSettings();
    const backend = makeLocalBackend(settings);
    useBackend(backend);
    start(await backend.state());
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Says that the page works without its server from now on. */
function showKept(): void {
  const notice = byId("notice");
  document.documentElement.dataset.kept = "yes";
  if (!notice.textContent?.includes("offline")) notice.append(" · ready to work offline");
}
