/** Viewer: mask voxels fall on the scan voxels that they belong to, whatever the scan's orientation. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openReport, startBrowser } from "./pages.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser.close());

/** Opens the page of a scan and its viewer. */
async function openViewer(started, name) {
  const opened = await openReport(started);
  await opened.page.locator("table.scans").getByRole("button", { name, exact: true }).click();
  await opened.page.getByRole("button", { name: "Open the viewer" }).click();
  await opened.page.waitForSelector(".viewer-place[data-scan]", { timeout: 60_000 });
  return opened;
}

// The scans of the test are bright (above 50 of 255) exactly where their masks are.
for (const orientation of ["oblique", "permuted", "flipped"]) {
  test(`mask voxels lie on bright voxels of the ${orientation} scan`, async () => {
    const { page, faults } = await openViewer(browser, `${orientation}.nii.gz`);
    const overlap = await page.evaluate(() => {
      const [scan, mask] = globalThis.deskullViewer.volumes;
      if (String(scan.matRAS) !== String(mask.matRAS)) return 0;
      let both = 0, either = 0;
      scan.img.forEach((grey, voxel) => {
        both += Number(grey > 50 && mask.img[voxel] > 0) * 2;
        either += Number(grey > 50) + Number(mask.img[voxel] > 0);
      });
      return both / either;
    });
    assert.ok(overlap > 0.95, `Dice of bright voxels and mask is ${overlap}`);
    assert.deepEqual(faults, []);
  });
}

test("voxels of the viewer have the world coordinates of the scan", async () => {
  const { page } = await openViewer(browser, "oblique.nii.gz");
  const centre = await page.evaluate(() => {
    const [scan, mask] = globalThis.deskullViewer.volumes;
    const [, nx, ny] = scan.hdr.dims;
    const sum = [0, 0, 0];
    let count = 0;
    mask.img.forEach((inside, voxel) => {
      if (!inside) return;
      const place = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny)), 1];
      for (let axis = 0; axis < 3; axis += 1) sum[axis] += scan.hdr.affine[axis].reduce((total, value, k) => total + value * place[k], 0);
      count += 1;
    });
    return sum.map((value) => value / count);
  });
  const expected = JSON.parse(process.env.CENTRE);
  centre.forEach((value, axis) => assert.ok(Math.abs(value - expected[axis]) < 1, `${centre} instead of ${expected}`));
});

test("a browser without WebGL says so and draws slices on canvases", async () => {
  const without = await startBrowser(["--disable-3d-apis"]);
  try {
    const { page, faults } = await openViewer(without, "flipped.nii.gz");
    assert.match(await page.locator(".viewer-place").textContent(), /This browser has no WebGL/);
    assert.equal(await page.locator(".canvases canvas").count(), 3);
    assert.deepEqual(faults, []);
  } finally {
    await without.close();
  }
});
