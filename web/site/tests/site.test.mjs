/** Site: a scan from its drop to its files, in a browser that reaches nothing but the page. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { editMarks, findBarriers, settle, snapshot } from "../../app/tests/pages.mjs";
import { openPage, ready, serve, startSealedBrowser } from "./pages.mjs";

const { SITE, SCAN, DICOM, MARKED, MARKS, RESULTS } = process.env;
const STRIPPED = { timeout: 280_000 };

let browser;
before(async () => { browser = await startSealedBrowser(); });
after(() => browser.close());

/** Has a program save a file of the open job, and keeps it under its name for the test. */
async function save(page, what, name) {
  const [download, said] = await Promise.all([page.waitForEvent("download"), page.evaluate((one) => globalThis.deskull.download(one), what)]);
  assert.equal(said.name, name);
  await download.saveAs(join(RESULTS, name));
}

test("a scan is stripped without a server, edited, and saved as files", { timeout: 580_000 }, async () => {
  const site = await serve(SITE);
  const { page, context, faults } = await openPage(browser, site.address);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true, "threads are possible");
  assert.match(await page.locator(".drop").textContent(), /A usual scan needs about \d+ s .* GB of memory/);
  assert.deepEqual(await findBarriers(page), []);
  await page.waitForFunction(() => document.documentElement.dataset.kept === "yes", null, { timeout: 120_000 });
  await site.stop();
  await context.setOffline(true);
  await page.reload();
  await ready(page);

  await page.locator(".options summary").click();
  await page.getByLabel("Network").selectOption("small");
  await page.locator("#files").setInputFiles(SCAN);
  await page.waitForFunction(() => document.querySelector(".waiting")?.textContent.includes("GB of memory"), null, { timeout: 60_000 });
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", STRIPPED);
  const made = (await snapshot(page)).open;
  const stem = basename(SCAN, ".nii.gz");
  assert.equal(made.command, `deskull strip ${basename(SCAN)} --model small --border ${made.border_mm}`);
  assert.ok(Math.abs(made.volume_ml - made.job.volume_ml) < 0.01, "the volume is that of the mask");
  await save(page, "mask", `${stem}_brainmask.nii.gz`);
  await save(page, "brain", `${stem}_brain.nii.gz`);
  await save(page, "distance", `${stem}_distance.nii.gz`);

  await page.locator("#border").fill("2.5");
  await settle(page);
  assert.ok((await snapshot(page)).open.volume_ml > made.volume_ml * 1.02);
  await page.locator(".panels").getByRole("button", { name: "Reset", exact: true }).click();
  await settle(page);
  assert.equal((await snapshot(page)).open.voxels, made.voxels);

  await page.keyboard.press("x");
  await page.locator("canvas[data-plane=Axial]").focus();
  await page.keyboard.press("Space");
  const erased = (await snapshot(page)).open;
  assert.ok(erased.edit.removed_voxels > 5);
  await page.keyboard.press("Control+z");
  assert.equal((await snapshot(page)).open.voxels, made.voxels);
  await page.keyboard.press("Control+Shift+z");
  await page.getByLabel("Your name").fill("Łucja R.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
  await save(page, "edited", `${stem}_desc-edited_mask.nii.gz`);
  await save(page, "edited-record", `${stem}_desc-edited_mask.json`);
  const [link] = await Promise.all([page.waitForEvent("download"), page.locator("[data-what=mask]").click()]);
  assert.equal(link.suggestedFilename(), `${stem}_brainmask.nii.gz`);
  assert.deepEqual(await findBarriers(page), []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a zip of DICOM files is unpacked, listed and converted", { timeout: 580_000 }, async () => {
  const site = await serve(SITE);
  const { page, context, faults } = await openPage(browser, site.address);
  await page.locator(".options summary").click();
  await page.getByLabel("Network").selectOption("small");
  await page.locator("#files").setInputFiles(DICOM);
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", STRIPPED);
  const { job } = (await snapshot(page)).open;
  assert.equal(job.name, `${basename(DICOM)} series 3`);
  assert.match(job.command, /--series '#1'/);
  assert.equal(job.quality.verdict, "not judged", "only masks of the default network are judged");
  await save(page, "mask", `${basename(DICOM, ".zip")}_brainmask.nii.gz`);
  assert.deepEqual(faults, []);
  await context.close();
  await site.stop();
});

test("a file that is no scan is refused in one sentence, and a queued job can be cancelled", async () => {
  const site = await serve(SITE);
  const { page, context, faults } = await openPage(browser, site.address);
  assert.ok((await page.evaluate(() => globalThis.deskull.describe())).downloads.includes("edited-record"));
  await page.locator("#files").setInputFiles({ name: "bad.nii", mimeType: "x/y", buffer: Buffer.from("this is no image at all".repeat(30)) });
  await page.waitForFunction(() => /bad\.nii: is not a NIfTI image/.test(document.querySelector(".upload-note").textContent));
  await page.locator("#files").setInputFiles({ name: "scan.mha", mimeType: "x/y", buffer: Buffer.from("x") });
  await page.waitForFunction(() => /use 'deskull strip'/.test(document.querySelector(".upload-note").textContent));
  await page.getByRole("button", { name: "Try a demo scan" }).click();
  await page.waitForSelector(".job.running");
  await page.getByRole("button", { name: "Cancel demo_head.nii.gz" }).click();
  await page.waitForSelector(".drop");
  assert.deepEqual((await snapshot(page)).jobs, []);
  assert.deepEqual(faults, []);
  await context.close();
  await site.stop();
});

test("the demo is stripped and judged with the default network, and with the one that a program names, and is deleted", { timeout: 580_000 }, async () => {
  const site = await serve(SITE);
  const { page, context, faults } = await openPage(browser, site.address);
  await page.getByRole("button", { name: "Light theme" }).click();
  assert.deepEqual(await findBarriers(page), []);
  await page.getByRole("button", { name: "Try a demo scan" }).click();
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", STRIPPED);
  const { job } = (await snapshot(page)).open;
  assert.equal(job.command, `deskull strip demo_head.nii.gz --border ${job.border_mm}`);
  assert.equal((await page.locator(".verdict-line .badge").textContent()).toLowerCase(), job.quality.verdict);
  await save(page, "mask", "demo_head_brainmask.nii.gz");
  await writeFile(join(RESULTS, "demo_head_job.json"), JSON.stringify(job));
  assert.deepEqual(await findBarriers(page), []);

  const other = await page.evaluate(() => globalThis.deskull.start({ demo: true }, { model: "small", border_mm: 1 }));
  assert.deepEqual([other.options, other.border_mm], [{ model: "small", border_mm: 1 }, 1]);
  assert.equal(other.quality.verdict, "not judged");
  await page.waitForSelector(`.job-page[data-ready="${other.id}"]`);
  await page.locator(`[data-job="${other.id}"] .remove`).click();
  await page.waitForFunction((id) => globalThis.deskull.snapshot().jobs.every((one) => one.id === id), job.id);
  await assert.rejects(page.evaluate(() => globalThis.deskull.download("mask")), /No job is open/);
  await assert.rejects(page.evaluate(() => globalThis.deskull.start({ demo: true }, { model: "other" })), /model='other': is unknown; choose default or small\./);
  assert.deepEqual(faults, []);
  await context.close();
  await site.stop();
});

test("brushing the bright voxels of an oblique scan changes exactly those in its file", { timeout: 580_000 }, async () => {
  const site = await serve(SITE);
  const { page, context, faults } = await openPage(browser, site.address, { viewport: { width: 1600, height: 1100 } }); // voxels are drawn sharply
  await page.locator(".options summary").click();
  await page.getByLabel("Network").selectOption("small");
  await page.locator("#files").setInputFiles(MARKED);
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]", STRIPPED);
  await save(page, "mask", "oblique_brainmask.nii.gz");
  await editMarks(page, Number(MARKS));
  await save(page, "edited", "oblique_desc-edited_mask.nii.gz");
  assert.deepEqual(faults, []);
  await context.close();
  await site.stop();
});
