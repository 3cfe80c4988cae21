/** The program of the page that `deskull serve` offers. */

import { applyTheme } from "../../shared/theme";
import { Refusal } from "./api";
import { api, useBackend } from "./backend";
import { refuse, start, startHeader } from "./page";
import { serverBackend } from "./server_backend";
import { openSession } from "./session";

const STRANGER = "This page needs the address that 'deskull serve' has printed: open it from the terminal, with its token.";

applyTheme();
startHeader();
useBackend(serverBackend);
openSession().then(() => api.state()).then(start, (error: unknown) => {
  refuse(error instanceof Refusal && error.status === 401 ? STRANGER : error instanceof Error ? error.message : String(error));
});
