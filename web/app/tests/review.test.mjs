/** Review: rows are rated by keyboard, saved by the server, and opened in the viewer. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openApp, snapshot, startBrowser, until } from "./pages.mjs";

let browser;
before(async () => { browser = await startBrowser(["--disable-3d-apis"]); });
after(() => browser.close());

test("rows are rated by keyboard, opened and left", async () => {
  const { page, held, faults, close } = await openApp(browser, { review: true });
  await page.waitForSelector("table.rows");
  assert.equal(await page.locator("table.rows tbody tr").first().getAttribute("data-current"), "");
  const names = await page.locator("table.rows tbody tr").first().locator(".decisions button").allTextContents();
  assert.deepEqual(names, ["Accept", "Review", "Reject"], "as in the report");
  for (const key of ["e", "j", "r", "j", "4", "c"]) await page.keyboard.press(key);
  await page.keyboard.type("cut <low>");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement === document.body);
  await until(() => held.ratings.get("permuted.nii.gz")?.comment);
  assert.equal(held.ratings.get("lost.nii.gz").rating, "review");
  assert.deepEqual(held.ratings.get("flipped.nii.gz"), { rating: "reject", comment: "" });
  assert.deepEqual(held.ratings.get("permuted.nii.gz"), { rating: "4", comment: "cut <low>" });
  assert.equal(await page.locator("img[src=x]").count(), 0);

  await page.keyboard.press("Enter");
  await page.waitForSelector(".job-page[data-ready] canvas[data-plane]");
  assert.equal((await snapshot(page)).open.job.has_distance, false);
  assert.equal(await page.locator("#border").count(), 0);
  assert.equal(await page.locator(".row-bar .comment").inputValue(), "cut <low>");
  await page.keyboard.press("a");
  await until(() => held.ratings.get("permuted.nii.gz").rating === "accept");
  await page.keyboard.press("k");
  await page.waitForFunction(() => globalThis.deskull.snapshot().open?.job.name === "flipped.nii.gz");
  await page.locator("#border").fill("1");
  await page.keyboard.press("Escape");
  await page.waitForSelector("table.rows");
  assert.match(await page.locator(".review-head").textContent(), /3 of 5 masks rated/);
  await page.reload();
  await page.waitForSelector("table.rows");
  assert.equal(await page.locator("tr[data-row='permuted.nii.gz'] [data-value=accept]").getAttribute("aria-pressed"), "true");
  assert.deepEqual(faults, []);
  await close();
});
