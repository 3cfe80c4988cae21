/** Pages: the page in a browser, and all that goes wrong in it. */

import { startBrowser } from "./browser.mjs";
import { startServer, TOKEN } from "./server.mjs";

/** Warnings about this machine's drawing, and about pictures that the tests read. */
const OF_TESTS = /GPU stall|GL Driver|willReadFrequently/;

export { startBrowser };

/** Opens the page of a new server; `faults` collects errors and requests to other places. */
export async function openApp(browser, settings = {}, viewport = { width: 1280, height: 800 }) {
  const server = await startServer(process.env.SCANS, settings);
  const context = await browser.newContext({ viewport, acceptDownloads: true });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !OF_TESTS.test(message.text())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(server.address) && !/^(data|blob):/.test(request.url())) faults.push(request.url()); });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(`${server.address}#token=${TOKEN}`);
  await page.waitForFunction(() => "deskull" in globalThis);
  const close = async () => { await context.close(); server.close(); };
  return { page, server, held: server.held, faults, close };
}

/** Strips a file of a name and waits for its viewer. */
export async function openScan(page, name, content = "x") {
  await page.locator("#files").setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", { timeout: 20_000 });
  await settle(page);
}

/** Waits for the next frames of the screen. */
export function settle(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))));
}

export function snapshot(page) {
  return page.evaluate(() => globalThis.deskull.snapshot());
}

/** Waits until a function of the test returns something, for instance what the server holds. */
export async function until(look, seconds = 5) {
  for (const end = Date.now() + 1000 * seconds; !look(); ) {
    if (Date.now() > end) throw new Error(`nothing came: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
