/** Pages: the static page on a loopback port, in a browser that reaches nothing else; and all that goes wrong in it. */

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { startBrowser } from "../../app/tests/pages.mjs";

const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm",
  ".json": "application/json", ".txt": "text/plain",
};
/** Warnings about this machine's drawing. */
const OF_TESTS = /GPU stall|GL Driver|willReadFrequently/;

/** Serves a folder as any static host does: without headers of its own. */
export function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).replace(/\/$/, "/index.html");
    try {
      const content = await readFile(join(folder, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
    address: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  })));
}

/** A browser whose every other address leads nowhere. */
export function startSealedBrowser() {
  return startBrowser(["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]);
}

/** Opens the page; `faults` collects errors, and requests to other places, which are stopped. */
export async function openPage(browser, address, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...settings });
  const faults = [];
  await context.route((url) => !url.href.startsWith(address) && !/^(data|blob):/.test(url.href), (route) => {
    faults.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !OF_TESTS.test(message.text())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(address);
  await ready(page);
  return { page, context, faults };
}

/** Waits until the page has started, which loads it twice at the first visit. */
export async function ready(page) {
  await page.waitForFunction(() => "deskull" in globalThis && document.querySelector(".drop"), null, { timeout: 60_000 });
}
