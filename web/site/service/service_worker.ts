/**
 * Service worker: answers with files of the page that it has kept, so that the page needs no server after its first visit.
 *
 * Every answer isolates the page from others (COOP, COEP), which threads need, and forbids it all other addresses. `FILES` and
 * `BUILD` are written in front of this program by `deskull web build`.
 */

declare const self: ServiceWorkerGlobalScope;
/** Files of the page, relative to this one; a name of this build. */
declare const FILES: readonly string[];
declare const BUILD: string;
declare const POLICY: string;

const KEPT = `deskull-${BUILD}`;
const HEADERS = {
  "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin",
  "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
};

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("deskull-") && name !== KEPT) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("message", (event) => { if (event.data === "keep") event.waitUntil(keepAll().then(tellKept)); });

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !pathname.startsWith(new URL("./", location.href).pathname)) return;
  event.respondWith(answer(event.request));
});

/** A kept file, or one of the server, which is kept. */
async function answer(request: Request): Promise<Response> {
  const address = request.mode === "navigate" ? new URL("./", location.href).href : request.url;
  const kept = await caches.open(KEPT);
  const found = await kept.match(address) ?? await load(address, kept);
  const headers = new Headers(found.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
}

async function load(address: string, kept: Cache): Promise<Response> {
  const response = await fetch(address, { cache: "no-cache" });
  if (response.ok) await kept.put(address, response.clone());
  return response;
}

/** Keeps every file of the page that is not kept yet. */
async function keepAll(): Promise<void> {
  const kept = await caches.open(KEPT);
  for (const name of FILES) {
    const { href } = new URL(name, location.href);
    if (!await kept.match(href)) await load(href, kept);
  }
}

async function tellKept(): Promise<void> {
  for (const client of await self.clients.matchAll()) client.postMessage("kept");
}
export {};
