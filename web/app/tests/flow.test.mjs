/** Flow: a scan from its drop to its deletion, with border, brush and downloads. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findBarriers, openApp, settle, snapshot, startBrowser } from "./pages.mjs";
import { makeJob, tell } from "./server.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser.close());

/** Drops a file on the page, as from a folder of the system. */
async function drop(page, name) {
  await page.evaluate((fileName) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], fileName));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, name);
}

test("a scan is dropped, survives a reload, is edited, saved, downloaded and deleted", async () => {
  const { page, held, faults, close } = await openApp(browser, { stepMs: 250 });
  assert.equal(new URL(page.url()).hash, "");
  await drop(page, "head_T1w.nii.gz");
  await page.waitForSelector(".job.running progress");
  await page.reload();
  await page.waitForSelector(".job.running progress");
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", { timeout: 20_000 });
  await page.waitForSelector(".picture-pane[data-ready]", { timeout: 30_000 });

  const before = (await snapshot(page)).open;
  assert.ok(Math.abs(before.volume_ml - before.job.volume_ml) < 0.01, "the volume is that of the mask");
  assert.equal(before.border_mm, before.job.border_mm);
  await page.locator("#border").fill("2.5");
  await settle(page);
  const wider = (await snapshot(page)).open;
  assert.ok(wider.volume_ml > before.volume_ml * 1.05);
  assert.match(wider.command, /--border 2\.5$/);
  await page.getByRole("button", { name: "Reset", exact: true }).click();
  await page.getByRole("button", { name: "Intracranial" }).click();
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.surface === "intracranial");
  assert.match((await snapshot(page)).open.command, /--surface intracranial --border 0$/);
  await page.locator(".panels").getByRole("button", { name: "Reset", exact: true }).click();
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.surface === "brain");
  assert.equal((await snapshot(page)).open.voxels, before.voxels);

  await page.getByRole("button", { name: "Erase" }).click();
  const box = await page.locator("canvas[data-plane=Axial]").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 25, y, { steps: 4 });
  await page.mouse.up();
  const erased = (await snapshot(page)).open;
  assert.ok(erased.edit.removed_voxels > 20 && erased.voxels === before.voxels - erased.edit.removed_voxels);
  await page.keyboard.press("Control+z");
  assert.equal((await snapshot(page)).open.voxels, before.voxels);
  await page.keyboard.press("Control+Shift+z");
  assert.equal((await snapshot(page)).open.voxels, erased.voxels);
  await page.locator("canvas[data-plane=Axial]").focus();
  await page.keyboard.press("f");
  await page.mouse.click(x + 10, y);
  assert.equal((await snapshot(page)).open.voxels, before.voxels, "the hole is filled");
  await page.keyboard.press("Control+z");

  await page.getByLabel("Your name").fill("Łucja R.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
  const [id, edit] = [...held.edits][0];
  assert.equal(edit.differing.length, erased.edit.removed_voxels);
  assert.equal(decodeURIComponent(edit.editor), "Łucja R.");
  assert.deepEqual([edit.history.length, edit.history[0].tool, edit.history[0].voxels], [1, "erase", edit.differing.length]);
  assert.deepEqual(edit.search, { base_border_mm: "0.6", surface: "brain" });

  await page.reload();
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]");
  const again = (await snapshot(page)).open;
  assert.deepEqual([again.voxels, again.edit.removed_voxels], [erased.voxels, erased.edit.removed_voxels]);
  await page.locator("#border").fill("1");
  await settle(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("[data-what=mask]").click()]);
  assert.equal(download.suggestedFilename(), "head_T1w_brainmask.nii.gz");
  assert.deepEqual(held.lastDownload, { which: "mask", border_mm: "1", surface: "brain" });
  const saved = await page.evaluate(() => globalThis.deskull.download("edited"));
  assert.ok(saved.bytes > 0);

  await page.getByRole("button", { name: "Delete head_T1w.nii.gz" }).click();
  await page.waitForSelector(".drop");
  assert.deepEqual(held.deleted, [id]);
  assert.deepEqual(faults, []);
  await close();
});

test("several scans are listed and none is guessed; a failure is told", async () => {
  const { page, held, faults, close } = await openApp(browser, { root: true });
  await page.locator("#files").setInputFiles({ name: "study.zip", mimeType: "application/zip", buffer: Buffer.from("x") });
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.equal(await dialog.getByRole("checkbox", { checked: true }).count(), 0);
  assert.equal(await dialog.getByRole("button", { name: "Strip" }).isDisabled(), true);
  assert.match(await dialog.textContent(), /Localizer <b>3 planes<\/b>/);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".upload-note").textContent === "Nothing was started.");
  assert.equal(held.jobs.size + held.uploads.size, 0);
  await page.locator("#files").setInputFiles({ name: "bad.nii", mimeType: "x/y", buffer: Buffer.from("x") });
  await page.waitForSelector(".waiting.failed");
  assert.match(await page.locator(".waiting").textContent(), /no brain found/);
  await page.getByRole("link", { name: "New scan" }).click();
  await page.getByRole("button", { name: "sub-01/" }).click();
  await page.getByLabel(/sub-01_T1w/).check();
  await page.getByRole("button", { name: "Strip the chosen" }).click();
  await page.waitForSelector(".job-page[data-ready]", { timeout: 20_000 });
  assert.deepEqual(faults, []);
  await close();
});

test("a scan that ends while the connection is broken is shown when it is there again", async () => {
  const { page, held, faults, close } = await openApp(browser);
  const job = await makeJob(held, "head_T1w.nii.gz", {}, "running");
  tell(held, "job", job);
  await page.waitForFunction((id) => globalThis.deskull.snapshot().jobs.some((known) => known.id === id), job.id);
  await page.evaluate((id) => { location.hash = `#/job/${id}`; }, job.id);
  await page.waitForSelector(".waiting.running");
  job.state = "done";
  for (const stream of held.streams) stream.end();
  await page.waitForSelector(".job-page[data-ready]", { timeout: 20_000 });
  assert.deepEqual(faults, []);
  await close();
});

test("a program drives the page, in which nothing serious hinders access in either theme", async () => {
  const { page, held, faults, close } = await openApp(browser);
  assert.deepEqual(await findBarriers(page), []);
  assert.ok((await page.evaluate(() => globalThis.deskull.describe())).functions["snapshot()"]);
  const job = await page.evaluate(() => globalThis.deskull.start({ demo: true }));
  assert.equal(job.state, "done");
  await page.waitForSelector(".picture-pane[data-ready]", { timeout: 30_000 });
  assert.equal((await snapshot(page)).open.command, "deskull demo");
  const other = await page.evaluate(() => globalThis.deskull.start({ demo: true }, { model: "small", border_mm: 1 }));
  assert.deepEqual(held.jobs.get(other.id).options, { model: "small", border_mm: 1 });
  assert.deepEqual(await findBarriers(page), []);
  await page.getByRole("button", { name: "Light theme" }).click();
  assert.deepEqual(await findBarriers(page), []);
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  assert.deepEqual(faults, []);
  await close();
});
