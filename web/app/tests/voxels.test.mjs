/** Voxels: what is brushed in a picture is changed in the saved body, voxel by voxel, whatever the orientation. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { darkenAllButBright, findBright, openApp, openScan, settle, snapshot, startBrowser } from "./pages.mjs";

/** Grid and bright voxels of the small volumes, see tests/web/page_scans.py. */
const { shape: [NX, NY], bright: BRIGHT, island_mm: ISLAND_MM, n: [N_ALL, N_LARGEST] } = JSON.parse(process.env.SMALL);
const indexOf = ([x, y, z]) => x + NX * (y + NY * z);

let browser;
before(async () => { browser = await startBrowser(["--disable-3d-apis"]); });
after(() => browser.close());

for (const [orientation, plane] of [["oblique", "Axial"], ["permuted", "Sagittal"], ["flipped", "Coronal"]]) {
  test(`brushing bright voxels of the ${orientation} scan in ${plane.toLowerCase()} slices saves exactly those`, async () => {
    const { page, held, faults, close } = await openApp(browser);
    await openScan(page, `${orientation}.nii.gz`);
    await darkenAllButBright(page);
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

test("what an outline goes around is added in its slice, and is undone as a whole", async () => {
  const { page, held, faults, close } = await openApp(browser);
  await openScan(page, "flipped.nii.gz");
  const box = await page.locator("canvas[data-plane=Axial]").boundingBox();
  const corners = [[0.25, 0.3], [0.75, 0.3], [0.75, 0.7], [0.25, 0.7]].map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
  const voxels = [];
  for (const corner of [corners[0], corners[2]]) {
    await page.mouse.click(...corner);
    voxels.push((await snapshot(page)).open.view.crosshair);
  }
  const [low, high] = [Math.min, Math.max].map((pick) => voxels[0].map((place, axis) => pick(place, voxels[1][axis])));
  const { voxels: before } = (await snapshot(page)).open;
  await page.keyboard.press("l");
  await page.mouse.move(...corners[0]);
  await page.mouse.down();
  for (const corner of corners.slice(1)) await page.mouse.move(...corner, { steps: 3 });
  await page.mouse.up();
  await page.keyboard.press("Control+s");
  await page.waitForFunction(() => globalThis.deskull.snapshot().open.job.has_edit);
  const { voxels: edited, differing, history } = [...held.edits.values()][0];
  assert.deepEqual([history.length, history[0].tool, history[0].slice], [1, "outline", `k=${low[2]}`]);
  for (let x = low[0] + 1; x < high[0]; x += 1) for (let y = low[1] + 1; y < high[1]; y += 1) assert.equal(edited[indexOf([x, y, low[2]])], 1);
  assert.ok(differing.length > 20);
  for (const voxel of differing) {
    const [x, y, z] = [voxel % NX, Math.floor(voxel / NX) % NY, Math.floor(voxel / (NX * NY))];
    assert.ok(x >= low[0] && x <= high[0] && y >= low[1] && y <= high[1] && z === low[2], `voxel ${[x, y, z]}`);
  }
  await page.keyboard.press("Control+z");
  assert.equal((await snapshot(page)).open.voxels, before);
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

/** Colours in the coronal slice at places across from its middle, in parts of the canvas's height; red, green and blue. */
function coloursAt(page, places) {
  return page.locator("canvas[data-plane=Coronal]").evaluate((canvas, all) => {
    const context = canvas.getContext("2d");
    return all.map((place) => [...context.getImageData(Math.round(canvas.width / 2 + place * canvas.height), Math.round(0.47 * canvas.height), 1, 1).data].slice(0, 3));
  }, places);
}

function assertColours(colours, expected) {
  colours.forEach((colour, at) => colour.forEach((value, part) => assert.ok(Math.abs(value - expected[at][part]) <= 2, `${JSON.stringify(colours)} instead of ${JSON.stringify(expected)}`)));
}

test("the tint mixes the colour of the mask with the scan, and the swipe shows the brain alone from its line on", async () => {
  const { page, faults, close } = await openApp(browser);
  await openScan(page, "flipped.nii.gz");
  await page.keyboard.press("d"); // without a crosshair
  await page.getByRole("checkbox", { name: "Contour" }).uncheck();
  await page.getByRole("slider", { name: "Window" }).fill("110");
  await page.getByRole("slider", { name: "Level" }).fill("60");
  const { black, white } = (await snapshot(page)).open.view;
  const [outside, inside] = [10, 60].map((value) => Array(3).fill(((value - black) * 255) / (white - black)));
  assert.ok(outside[0] > 10 && inside[0] > outside[0] + 40 && inside[0] < 200);
  const mixed = (opacity) => [255, 90, 64].map((part, at) => part * opacity + inside[at] * (1 - opacity));
  const places = [-0.25, -0.06, 0.06, 0.25]; // the body ends at 0.14
  const look = async () => { await settle(page); return coloursAt(page, places); };

  for (const opacity of [0.2, 0.8]) {
    await page.getByRole("slider", { name: "Mask tint" }).fill(String(opacity));
    assertColours(await look(), [outside, mixed(opacity), mixed(opacity), outside]);
  }
  await page.getByRole("slider", { name: "Swipe" }).fill("0.5");
  assertColours(await look(), [outside, mixed(0.8), inside, [0, 0, 0]]);

  const box = await page.locator("canvas[data-plane=Coronal]").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + 0.8 * box.height];
  const line = async (from, to) => {
    await page.mouse.move(x + from * box.height, y);
    await page.mouse.down();
    await page.mouse.move(x + to * box.height, y, { steps: 3 });
    await page.mouse.up();
    await page.mouse.move(5, 5);
  };
  await line(0, -0.2);
  assertColours(await look(), [outside, inside, inside, [0, 0, 0]]);
  await line(-0.2, 0.2);
  assertColours(await look(), [outside, mixed(0.8), mixed(0.8), [0, 0, 0]]);
  assert.equal((await snapshot(page)).open.edit.removed_voxels + (await snapshot(page)).open.edit.added_voxels, 0, "a drag of the line draws nothing");
  assert.deepEqual(faults, []);
  await close();
});
