/** Table: order, filters, layers, themes, and names that are hostile. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { names, openReport, startBrowser } from "./pages.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser.close());

test("scans without a mask come first", async () => {
  const { page, faults } = await openReport(browser);
  assert.match(await page.locator("table.scans tbody tr").first().textContent(), /No mask/);
  assert.deepEqual(faults, []);
});

test("a heading sorts its column, and a second time the other way round", async () => {
  const { page } = await openReport(browser);
  const heading = page.locator("th").filter({ has: page.getByRole("button", { name: "Scan", exact: true }) });
  await heading.getByRole("button").click();
  const up = await names(page);
  assert.deepEqual(up, [...up].sort());
  assert.equal(await heading.getAttribute("aria-sort"), "ascending");
  await heading.getByRole("button").click();
  assert.deepEqual(await names(page), up.reverse());
  assert.equal(await heading.getAttribute("aria-sort"), "descending");
});

test("the search and the filters leave the scans that fit", async () => {
  const { page } = await openReport(browser);
  await page.locator("#search").fill("FLIPPED");
  assert.deepEqual(await names(page), ["flipped.nii.gz"]);
  await page.locator("#search").fill("");
  await page.getByRole("combobox", { name: "Verdict" }).selectOption("review");
  assert.deepEqual(await names(page), ["oblique.nii.gz"]);
  await page.getByRole("combobox", { name: "Review" }).selectOption("reviewed");
  assert.deepEqual(await names(page), []);
});

test("key O hides the contours, and the pictures are layers of one size", async () => {
  const { page } = await openReport(browser);
  const contour = page.locator(".strips .contour").first();
  await contour.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => [...document.querySelectorAll(".strips img")].every((image) => image.naturalWidth > 0));
  const sizes = await page.locator(".strips img").evaluateAll((images) => images.map((image) => [image.naturalWidth, image.naturalHeight].join("x")));
  assert.deepEqual(new Set(sizes), new Set(["516x160"]));
  assert.equal(await contour.isVisible(), true);
  await page.keyboard.press("o");
  assert.equal(await contour.isVisible(), false);
});

test("the theme is dark until light is chosen, which is remembered", async () => {
  const { page } = await openReport(browser);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), "dark");
  await page.getByRole("button", { name: "Light theme" }).click();
  await page.reload();
  assert.equal(await theme(), "light");
});

test("names and notes from files are text, not markup", async () => {
  const { page, faults } = await openReport(browser);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assert.ok((await names(page)).some((name) => name.includes("<img src=x onerror=alert(1)>")));
  assert.deepEqual(faults, []);
});

test("the page of a scan opens, moves on and closes by keyboard", async () => {
  const { page, faults } = await openReport(browser);
  const all = await names(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#scan-name").textContent(), all[1]);
  await page.keyboard.press("j");
  assert.equal(await page.locator("#scan-name").textContent(), all[2]);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#index").isVisible(), true);
  assert.deepEqual(faults, []);
});

test("measures of a scan have words, units and percentiles", async () => {
  const { page, faults } = await openReport(browser);
  await page.locator("table.scans").getByRole("button", { name: "oblique.nii.gz", exact: true }).click();
  const quality = page.locator(".facts-place > div").filter({ has: page.getByRole("heading", { name: "Quality" }) });
  assert.deepEqual(await quality.locator("tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))), [
    ["Measure", "Value", "Percentile"],
    ["difference from a second network, 95th percentile", "1.786 mm", "37"],
    ["components", "1", ""],
  ]);
  const scan = page.locator(".facts-place > div").filter({ has: page.getByRole("heading", { name: "Scan" }) });
  assert.deepEqual(await scan.locator("tr").allTextContents(), ["contrastT1w"], "no column without percentiles");
  assert.deepEqual(faults, []);
});

test("every control has a name and every picture a text", async () => {
  const { page } = await openReport(browser);
  const nameless = await page.locator("button, input, select, img, [role=img]").evaluateAll((found) =>
    found.filter((one) => !(
      one.textContent || one.getAttribute("aria-label") || one.hasAttribute("alt") || one.querySelector("img[alt]:not([alt=''])") ||
      one.closest("label")?.textContent
    )).map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
});
