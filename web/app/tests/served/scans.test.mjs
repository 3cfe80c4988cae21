/** Scans: real scans go through the real server, with border, brush, undo, reload, download and deletion. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { darkenAllButBright, findBright, settle, snapshot, startBrowser } from "../pages.mjs";
import { CASES, goToStart, openServed, save, waitForViewer } from "./served.mjs";
import { shoot, TAKES_SHOTS } from "./shots.mjs";

const MOVED_MM = "2.5";
const facts = {};
let browser;
let opened;

before(async () => {
  browser = await startBrowser(TAKES_SHOTS ? [] : ["--disable-3d-apis"]); // the picture in 3-D is drawn in other tests
  opened = await openServed(browser, { width: 1600, height: 1100 });
});
after(async () => {
  await writeFile(join(process.env.OUT, "facts.json"), JSON.stringify(facts));
  await browser.close();
});

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
async function editMarks(page, n) {
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

for (const [number, { name, file, marks }] of CASES.entries()) {
  test(`${name} is stripped, its border is moved, and it is downloaded and deleted`, async () => {
    const { page, faults } = opened;
    await goToStart(page);
    if (number === 0) await shoot(page, "start");
    await page.locator("#files").setInputFiles(file);
    if (number === 0) {
      await page.waitForSelector(".job.running progress");
      await shoot(page, "queue", ["laptop"]);
      await page.reload();
      await page.waitForFunction(() => "deskull" in globalThis);
      assert.equal((await snapshot(page)).jobs.length, 1, "the page knows the scan after a reload");
    }
    await waitForViewer(page);
    const { open } = await snapshot(page);
    if (name === "ct") assert.ok(open.view.white - open.view.black < 200, "the window tells grey values of the brain apart");
    await shoot(page, name, number === 0 ? undefined : ["laptop", "tablet-upright"]);
    const files = { mask: await save(page, "mask", `${name}_mask.nii.gz`), brain: await save(page, "brain", `${name}_brain.nii.gz`) };
    if (marks) {
      await editMarks(page, marks);
      files.edited = await save(page, "edited", `${name}_edited.nii.gz`);
    }
    await page.locator("#border").fill(MOVED_MM);
    files.moved = await save(page, "mask", `${name}_moved.nii.gz`);
    const moved = (await snapshot(page)).open;
    facts[name] = { files, command: open.command, voxels: open.voxels, moved: { command: moved.command, voxels: moved.voxels } };
    await page.getByRole("button", { name: `Delete ${open.job.name}` }).click();
    await page.waitForSelector(".drop");
    assert.deepEqual(faults, []);
  });
}

test("the masks of a batch are listed and opened", { skip: !TAKES_SHOTS }, async () => {
  const { page } = opened;
  await page.getByRole("link", { name: "Review" }).click();
  await page.waitForSelector("table.rows");
  await shoot(page, "review");
  await page.locator("table.rows tbody .link").first().click();
  await page.waitForSelector(".row-bar");
  await waitForViewer(page);
  await shoot(page, "row");
});
