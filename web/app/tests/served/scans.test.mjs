/** Scans: real scans go through the real server, with border, brush, undo, reload, download and deletion. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { editMarks, snapshot, startBrowser } from "../pages.mjs";
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
