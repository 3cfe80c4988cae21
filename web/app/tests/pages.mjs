/** Pages: the page in a browser, and all that goes wrong in it. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { startServer, TOKEN } from "./server.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking", "--no-first-run", "--disable-sync",
];

/** Warnings about this machine's drawing, and about pictures that the tests read. */
const OF_TESTS = /GPU stall|GL Driver|willReadFrequently/;

/** Starts the browser that the environment variable CHROMIUM names. */
export function startBrowser(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: [...ARGUMENTS, ...more] });
}

/** Opens the page of a new server that stands in for the real one; `faults` collects errors and requests to other places. */
export async function openApp(browser, settings = {}, viewport = { width: 1280, height: 800 }) {
  const server = await startServer(process.env.SCANS, settings);
  const opened = await openAddress(browser, `${server.address}#token=${TOKEN}`, viewport);
  const close = async () => { await opened.close(); server.close(); };
  return { ...opened, server, held: server.held, close };
}

/** Opens the page at an address, with its token, in a context of its own. */
export async function openAddress(browser, address, viewport = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ viewport, acceptDownloads: true });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !OF_TESTS.test(message.text())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(new URL(address).origin) && !/^(data|blob):/.test(request.url())) faults.push(request.url()); });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(address);
  await page.waitForFunction(() => "deskull" in globalThis);
  return { page, context, faults, close: () => context.close() };
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

/** Shows bright voxels alone: without a tint, and with a narrow window, all others are dark. */
export async function darkenAllButBright(page) {
  await page.getByRole("slider", { name: /Mask tint/ }).fill("0");
  for (const [name, limit] of [["Level", "max"], ["Window", "min"]]) {
    const slider = page.getByRole("slider", { name: new RegExp(name) });
    await slider.fill(await slider.getAttribute(limit));
  }
  await page.getByRole("checkbox", { name: "Contour" }).uncheck();
}

/** Looks through the slices of a plane for a bright spot; returns where it is on the screen, in each slice. */
export async function findBright(page, plane) {
  const slider = page.getByRole("slider", { name: `${plane} slice`, exact: true });
  const spots = [];
  for (let slice = 0; slice <= Number(await slider.getAttribute("max")); slice += 1) {
    await slider.fill(String(slice));
    await settle(page);
    const spot = await page.locator(`canvas[data-plane=${plane}]`).evaluate((canvas) => {
      const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const sum = [0, 0, 0];
      for (let at = 0; at < width * height; at += 1) {
        const [x, y] = [at % width, Math.floor(at / width)];
        // Letters and scales stand at the edges.
        if (data[4 * at] > 235 && data[4 * at + 1] > 235 && data[4 * at + 2] > 235 && x > 30 && y > 30 && x < width - 30 && y < height - 30) { sum[0] += 1; sum[1] += x; sum[2] += y; }
      }
      const box = canvas.getBoundingClientRect();
      return sum[0] > 12 ? [box.left + (sum[1] / sum[0] + 0.5) * (box.width / width), box.top + (sum[2] / sum[0] + 0.5) * (box.height / height)] : null;
    });
    if (spot) spots.push({ slice, spot });
  }
  await slider.fill("0");
  return { slider, spots };
}

/** Draws at a place of a slice, or erases there if it lies in the mask. */
async function change(page, spot) {
  const { voxels } = (await snapshot(page)).open;
  for (const key of ["d", "x"]) {
    await page.keyboard.press(key);
    await page.mouse.click(...spot);
    if ((await snapshot(page)).open.voxels !== voxels) return;
  }
  throw new Error("neither drawing nor erasing has changed anything");
}

/** Draws what is marked and not in the mask, and erases what is marked and in it; a larger stroke is undone. */
export async function editMarks(page, n) {
  await darkenAllButBright(page);
  await page.keyboard.press("6"); // voxels of a slice alone are large enough to be drawn sharply
  const diameter = page.locator(".tool-bar input[type=range]");
  const { slider, spots } = await findBright(page, "Axial");
  assert.equal(spots.length, n, "all marks are seen");
  for (const { slice, spot } of spots) {
    await slider.fill(String(slice));
    await settle(page);
    await diameter.fill("1");
    await change(page, spot);
    const { voxels } = (await snapshot(page)).open;
    await diameter.fill("20");
    await change(page, spot);
    await page.keyboard.press("Control+z");
    assert.equal((await snapshot(page)).open.voxels, voxels, "the stroke is undone");
  }
  await page.keyboard.press("6");
  await page.keyboard.press("Control+s");
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
}

/** Serious faults of access that axe-core finds in the page. */
export async function findBarriers(page) {
  await page.evaluate(await readFile(AXE, "utf8")); // the page's policy lets no foreign script in
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ").slice(0, 300)}`);
}

/** Waits until a function of the test returns something, for instance what the server holds. */
export async function until(look, seconds = 5) {
  for (const end = Date.now() + 1000 * seconds; !look(); ) {
    if (Date.now() > end) throw new Error(`nothing came: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
