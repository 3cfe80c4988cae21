/** Access: every view of the real server is free of serious barriers, and the way from scan to download needs no mouse. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findBarriers, snapshot, startBrowser } from "../pages.mjs";
import { CASES, goToStart, openServed, waitForViewer } from "./served.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser.close());

/** Looks for barriers in both themes. */
async function assertNoBarriers(page, view) {
  for (const theme of ["light", "dark"]) {
    await page.getByRole("button", { name: theme === "light" ? "Light theme" : "Dark theme" }).click();
    assert.deepEqual(await findBarriers(page), [], `${view}, ${theme}`);
  }
}

/** Moves the focus on with the Tab key until it is at an element. */
async function tabTo(page, selector, most = 80) {
  for (let n = 0; n < most; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((what) => document.activeElement.matches(what), selector)) return;
  }
  throw new Error(`${selector}: is not reached with the Tab key`);
}

async function deleteAll(page) {
  for (let left = await page.locator(".job").count(); left > 0; left -= 1) {
    await page.locator(".job .remove").first().click();
    await page.waitForFunction((n) => document.querySelectorAll(".job").length === n, left - 1);
  }
}

test("no view of the page has serious barriers in either theme", async () => {
  const { page, faults, close } = await openServed(browser);
  await page.waitForSelector("table.rows");
  await assertNoBarriers(page, "review");
  await goToStart(page);
  await assertNoBarriers(page, "start");
  await page.getByRole("button", { name: "Keys and help" }).click();
  assert.deepEqual(await findBarriers(page), [], "help");
  await page.keyboard.press("Escape");
  await page.locator("#files").setInputFiles(CASES.slice(0, 2).map(({ file }) => file));
  await page.getByRole("dialog", { name: /Which of these/ }).waitFor();
  assert.deepEqual(await findBarriers(page), [], "choices");
  await page.getByRole("button", { name: "Choose all" }).click();
  await page.getByRole("button", { name: "Strip 2 scans" }).click();
  await page.waitForSelector(".job.running");
  assert.deepEqual(await findBarriers(page), [], "queue");
  await waitForViewer(page);
  await page.waitForSelector(".picture-pane[data-ready]");
  await assertNoBarriers(page, "scan");
  await page.waitForFunction(() => globalThis.deskull.snapshot().jobs.every(({ state }) => state === "done"));
  await page.getByRole("link", { name: "Review" }).click();
  await page.locator("table.rows tbody .link").first().click();
  await page.waitForSelector(".row-bar");
  await waitForViewer(page);
  await assertNoBarriers(page, "row of the review");
  await deleteAll(page);
  assert.deepEqual(faults, []);
  await close();
});

test("a scan is chosen, its border moved, its mask edited, saved and downloaded with keys alone", async () => {
  const { page, faults, close } = await openServed(browser);
  page.on("filechooser", (chooser) => void chooser.setFiles(CASES[0].file)); // early: the browser is told of it only by and by
  await page.waitForSelector("table.rows");
  await tabTo(page, "nav.queue a.new");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drop");
  await tabTo(page, ".drop button.primary");
  await page.keyboard.press("Enter");
  await waitForViewer(page);
  const before = (await snapshot(page)).open;
  await tabTo(page, "#border");
  for (let n = 0; n < 5; n += 1) await page.keyboard.press("ArrowRight");
  const moved = (await snapshot(page)).open;
  assert.equal(moved.border_mm, Number((before.border_mm + 0.5).toFixed(2)));
  assert.ok(moved.volume_ml > before.volume_ml);
  await tabTo(page, "canvas[data-plane=Axial]");
  for (const key of ["ArrowLeft", "ArrowUp", "PageUp", "x", "[", "Space", "]"]) await page.keyboard.press(key);
  const edited = (await snapshot(page)).open;
  assert.deepEqual(edited.view.crosshair.map((place, axis) => Math.abs(place - before.view.crosshair[axis])), [1, 1, 1]);
  assert.ok(edited.edit.removed_voxels > 0);
  await page.keyboard.press("Control+s");
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
  await tabTo(page, "[data-what=edited]");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.match(download.suggestedFilename(), /desc-edited_mask/);
  await tabTo(page, `.job.open .remove`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drop");
  assert.deepEqual(faults, []);
  await close();
});
