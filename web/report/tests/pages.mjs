/** Pages: the report in a browser without a network, and all that goes wrong in it. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking", "--no-first-run", "--disable-sync",
];

/** Starts the browser that the environment variable CHROMIUM names. */
export function startBrowser(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: [...ARGUMENTS, ...more] });
}

/** Opens a report in a context of its own; `faults` collects errors and requests that leave the disk. */
export async function openReport(browser, folder = process.env.REPORT) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) faults.push(request.url()); });
  await page.goto(pathToFileURL(join(folder, "index.html")).href);
  await page.waitForSelector("table.scans tbody tr");
  return { page, context, faults };
}

/** Names of the scans in the table, from top to bottom. */
export function names(page) {
  return page.locator("table.scans tbody .name").allTextContents();
}

/** Exports the review; returns the path of the file. */
export async function exportReview(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export review" }).click()]);
  const path = join(await mkdtemp(join(tmpdir(), "deskull-review-")), download.suggestedFilename());
  await download.saveAs(path);
  return path;
}
