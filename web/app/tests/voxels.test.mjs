/** Voxels: what is brushed in a picture is changed in the saved body, voxel by voxel, whatever the orientation. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openApp, openScan, settle, snapshot, startBrowser } from "./pages.mjs";

/** Grid and bright voxels of the small volumes, see tests/web/page_scans.py. */
const { shape: [NX, NY], bright: BRIGHT, island_mm: ISLAND_MM, n: [N_ALL, N_LARGEST] } = JSON.parse(process.env.SMALL);
const indexOf = ([x, y, z]) => x + NX * (y + NY * z);

let browser;
before(async () => { browser = await startBrowser(["--disable-3d-apis"]); });
after(() => browser.close());

/** Looks through the slices of a plane for a bright spot; returns where it is on the screen, in each slice. */
async function findBright(page, plane) {
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

for (const [orientation, plane] of [["oblique", "Axial"], ["permuted", "Sagittal"], ["flipped", "Coronal"]]) {
  test(`brushing bright voxels of the ${orientation} scan in ${plane.toLowerCase()} slices saves exactly those`, async () => {
    const { page, held, faults, close } = await openApp(browser);
    await openScan(page, `${orientation}.nii.gz`);
    // Without a tint, and with a narrow window, all but the bright voxels are dark.
    await page.getByRole("slider", { name: /Mask tint/ }).fill("0");
    for (const [name, limit] of [["Level", "max"], ["Window", "min"]]) {
      const slider = page.getByRole("slider", { name: new RegExp(name) });
      await slider.fill(await slider.getAttribute(limit));
    }
    await page.getByRole("checkbox", { name: "Contour" }).uncheck();
    await page.keyboard.press("d");
    await page.locator(".tool-bar input[type=range]").fill("1");
    const { slider, spots } = await findBright(page, plane);
    for (const { slice, spot } of spots) {
      await slider.fill(String(slice));
      await settle(page);
      await page.mouse.click(...spot);
    }
    await page.keyboard.press("Control+s");
    await page.waitForFunction((n) => globalThis.deskull.snapshot().open.edit.history.length === n && !globalThis.deskull.snapshot().open.edit.unsaved, spots.length);
    const { differing } = [...held.edits.values()][0];
    const expected = BRIGHT.map(indexOf);
    // Two bright voxels are neighbours: where both lie in one slice, the click between them marks one of the two.
    assert.ok(spots.length >= 2, `bright voxels were found in ${spots.length} slices`);
    assert.equal(differing.length, spots.length);
    assert.ok(differing.every((voxel) => expected.includes(voxel)), `${differing} instead of ${expected}`);
    assert.ok(differing.includes(expected[2]));
    assert.deepEqual(faults, []);
    await close();
  });
}

test("a ball covers the voxels within its radius, and is undone as a whole", async () => {
  const { page, held, faults, close } = await openApp(browser);
  await openScan(page, "permuted.nii.gz");
  const { open } = await snapshot(page);
  await page.keyboard.press("x");
  await page.keyboard.press("b");
  await page.locator(".tool-bar input[type=range]").fill("9");
  await page.locator("canvas[data-plane=Coronal]").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Control+s");
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
  const { voxels, base } = [...held.edits.values()][0];
  const centre = open.view.crosshair;
  const [dx, dy, dz] = JSON.parse(process.env.SMALL).voxel_mm;
  voxels.forEach((value, at) => {
    const [x, y, z] = [at % NX, Math.floor(at / NX) % NY, Math.floor(at / (NX * NY))];
    const far = Math.hypot((x - centre[0]) * dx, (y - centre[1]) * dy, (z - centre[2]) * dz);
    assert.equal(value, far <= 4.5 + 1e-6 ? 0 : base[at], `voxel ${[x, y, z]}`);
  });
  await page.keyboard.press("Control+z");
  assert.equal((await snapshot(page)).open.voxels, open.voxels);
  assert.deepEqual(faults, []);
  await close();
});

test("what hangs apart at a wider border is left out, as deskull does", async () => {
  const { page, close } = await openApp(browser);
  await openScan(page, "oblique.nii.gz");
  assert.ok(N_LARGEST < N_ALL);
  await page.locator("#border").fill(String(ISLAND_MM));
  await page.waitForFunction((n) => globalThis.deskull.snapshot().open.voxels === n, N_LARGEST, { timeout: 5000 });
  await close();
});

test("a browser without WebGL says so, and border and brush work in it", async () => {
  const { page, faults, close } = await openApp(browser);
  await openScan(page, "flipped.nii.gz");
  assert.match(await page.locator(".picture-pane").textContent(), /This browser has no WebGL/);
  const before = (await snapshot(page)).open.voxels;
  await page.locator("#border").fill("1.5");
  await page.keyboard.press("x");
  await page.locator("canvas[data-plane=Axial]").focus();
  await page.keyboard.press("Space");
  const { voxels, edit } = (await snapshot(page)).open;
  assert.ok(voxels > before && edit.removed_voxels > 0);
  assert.deepEqual(faults, []);
  await close();
});
