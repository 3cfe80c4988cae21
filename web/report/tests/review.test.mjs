/** Review: marks are set by keyboard, kept, exported and imported. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { exportReview, names, openReport, startBrowser } from "./pages.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser.close());

/** The line of the exported review for a scan, by column. */
async function exported(page, name) {
  const [head, ...lines] = (await readFile(await exportReview(page), "utf8")).trimEnd().split("\n").map((line) => line.split("\t"));
  return Object.fromEntries(lines.find(([first]) => first === name).map((value, place) => [head[place], value]));
}

test("keys mark the current scan and move to the next", async () => {
  const { page, faults } = await openReport(browser);
  const [first, second] = await names(page);
  for (const key of ["a", "4", "j", "r", "k", "5"]) await page.keyboard.press(key);
  const marks = [await exported(page, first), await exported(page, second)];
  assert.deepEqual(marks.map((mark) => [mark.rating, mark.verdict_by_reviewer]), [["5", "accept"], ["n/a", "reject"]]);
  assert.deepEqual(faults, []);
});

test("marks outlive a reload of the page", async () => {
  const { page } = await openReport(browser);
  for (const key of ["e", "3", "c"]) await page.keyboard.press(key);
  await page.keyboard.type("left temporal pole");
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await page.waitForSelector("table.scans tbody tr");
  const row = page.locator("table.scans tbody tr").first();
  assert.deepEqual(await row.locator(".decisions button").allTextContents(), ["Accept", "Review", "Reject"], "as in the page of deskull serve");
  assert.equal(await row.locator("[data-decision=edit]").getAttribute("aria-pressed"), "true");
  assert.equal(await row.locator("[data-rating='3']").getAttribute("aria-pressed"), "true");
  assert.equal(await row.locator(".comment").inputValue(), "left temporal pole");
});

test("an exported review is imported by another browser", async () => {
  const [one, other] = [await openReport(browser), await openReport(browser)];
  await one.page.locator(".reviewer").fill("A. Reviewer");
  await one.page.locator(".reviewer").blur();
  for (const key of ["a", "2", "c"]) await one.page.keyboard.press(key);
  await one.page.keyboard.type("tab\tand 'quotes'");
  const file = await exportReview(one.page);
  await other.page.locator("#import-file").setInputFiles(file);
  await other.page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Imported"));
  assert.equal(await other.page.locator("#status").textContent(), "Imported 1 mark.");
  assert.equal(await readFile(await exportReview(other.page), "utf8"), await readFile(file, "utf8"));
});

/** Accepts a scan of the table and rates it 4. */
async function mark(page, name) {
  const row = rowOf(page, name);
  await row.locator("[data-decision=accept]").click();
  await row.locator("[data-rating='4']").click();
}

function rowOf(page, name) {
  return page.locator("table.scans tbody tr").filter({ has: page.getByRole("button", { name, exact: true }) });
}

test("marks stay when another report takes the place of theirs, but for those of masks that have changed", async () => {
  const { page, faults } = await openReport(browser);
  for (const name of ["oblique.nii.gz", "permuted.nii.gz"]) await mark(page, name);
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(pathToFileURL(join(process.env.LATER_REPORT, "index.html")).href);
  await page.waitForSelector("table.scans tbody tr");
  assert.equal((await names(page)).length, 5, "one scan was added");
  const [kept, changed] = [rowOf(page, "oblique.nii.gz"), rowOf(page, "permuted.nii.gz")];
  assert.equal(await kept.locator("[data-decision=accept]").getAttribute("aria-pressed"), "true");
  assert.equal(await kept.locator(".outdated").textContent(), "");
  assert.equal(await changed.locator("[aria-pressed=true]").count(), 0);
  assert.equal(await changed.locator(".outdated").textContent(), "Outdated, the mask has changed: Accept, 4.");
  assert.match(await page.locator("#summary").textContent(), /1 of 5.*1 accepted.*1 outdated/);
  await page.getByRole("combobox", { name: "Review" }).selectOption("outdated");
  assert.deepEqual(await names(page), ["permuted.nii.gz"]);
  await changed.locator("[data-decision=reject]").click();
  assert.equal(await changed.locator(".outdated").textContent(), "");
  assert.equal((await exported(page, "permuted.nii.gz")).rating, "n/a", "the rating was that of the earlier mask");
  assert.deepEqual(faults, []);
});

test("imported marks of masks that have changed are left out", async () => {
  const [one, later] = [await openReport(browser), await openReport(browser, process.env.LATER_REPORT)];
  for (const name of ["oblique.nii.gz", "permuted.nii.gz"]) await mark(one.page, name);
  await later.page.locator("#import-file").setInputFiles(await exportReview(one.page));
  await later.page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Imported"));
  assert.equal(await later.page.locator("#status").textContent(), "Imported 1 mark; 1 are of masks that have changed.");
});

test("a file that is no review is refused with a sentence", async () => {
  const { page } = await openReport(browser);
  const file = await exportReview(page);
  await writeFile(file, "a\tb\n1\t2\n");
  await page.locator("#import-file").setInputFiles(file);
  await page.waitForFunction(() => document.getElementById("status").textContent.includes("is no review"));
});

test("leaving the page is asked about only while marks are not exported", async () => {
  const { page } = await openReport(browser);
  const dialogs = [];
  page.on("dialog", (dialog) => { dialogs.push(dialog.type()); void dialog.accept(); });
  await page.keyboard.press("a");
  await page.reload();
  assert.deepEqual(dialogs, ["beforeunload"]);
  await page.waitForSelector("table.scans tbody tr");
  await page.keyboard.press("4");
  await exportReview(page);
  await page.reload();
  assert.deepEqual(dialogs, ["beforeunload"]);
});

test("keys do nothing in a field", async () => {
  const { page } = await openReport(browser);
  await page.keyboard.press("/");
  await page.keyboard.type("a5");
  assert.equal(await page.locator("#search").inputValue(), "a5");
  assert.equal(await page.locator("table.scans [aria-pressed=true]").count(), 0);
});
