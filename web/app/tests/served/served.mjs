/** Served: what the tests of the page on a real server share. The environment names the server, the scans and where to save. */

import { join } from "node:path";
import { openAddress } from "../pages.mjs";

/** Address of the server, with its token. */
export const SERVER = process.env.SERVER;
/** `name`, `file` and, where voxels are marked, `marks`: how many. */
export const CASES = JSON.parse(process.env.CASES ?? "[]");
const MODEL = process.env.MODEL ?? "small";
/** The machine may be busy. */
const PATIENCE_MS = 120_000;

/** Opens the page of the server. */
export async function openServed(browser, viewport) {
  const opened = await openAddress(browser, SERVER, viewport);
  opened.page.setDefaultTimeout(PATIENCE_MS);
  return opened;
}

/** Goes to the page on which scans are chosen, and chooses the network. */
export async function goToStart(page) {
  await page.getByRole("link", { name: "New scan" }).click();
  const options = page.locator("details.options");
  if ((await options.getAttribute("open")) === null) await options.locator("summary").click();
  await page.getByLabel("Network").selectOption(MODEL);
}

/** Waits for the viewer of the scan that was chosen last. */
export async function waitForViewer(page) {
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane], .waiting.failed");
  const failed = page.locator(".waiting.failed");
  if (await failed.count()) throw new Error(await failed.textContent());
}

/** Downloads a file, as a click does, and returns the name that the browser gives it. */
export async function save(page, what, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-what=${what}]`).click()]);
  await download.saveAs(join(process.env.OUT, name));
  return download.suggestedFilename();
}
