/** Session: the token in the address is exchanged for a cookie, and removed from the address. */

import { server } from "./api";

/** Takes the token, if the address has one. */
export async function openSession(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  await server.openSession(token);
}
