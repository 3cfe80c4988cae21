/** Attacks: a page of another origin, and a foreign name that leads to the server, get nothing of a session that is open. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { snapshot, startBrowser } from "../pages.mjs";
import { CASES, goToStart, openServed, SERVER, waitForViewer } from "./served.mjs";

const ORIGIN = new URL(SERVER).origin;
const TOKEN = new URLSearchParams(new URL(SERVER).hash.slice(1)).get("token");
const FOREIGN = `http://evil.example:${new URL(SERVER).port}`;
const DEMO = JSON.stringify({ demo: true });
let browser;
let hostile;
let own;
let job;

/** A server of another origin on this computer, to which browsers send the cookies of the real one. */
async function startHostile() {
  const server = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    response.end("<!DOCTYPE html><title>evil</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

before(async () => {
  browser = await startBrowser(["--disable-3d-apis", "--host-resolver-rules=MAP evil.example 127.0.0.1"]);
  hostile = await startHostile();
  own = await openServed(browser);
  await goToStart(own.page);
  await own.page.locator("#files").setInputFiles(CASES[0].file);
  await waitForViewer(own.page);
  job = (await snapshot(own.page)).open.job;
});
after(async () => {
  await own.page.getByRole("button", { name: `Delete ${job.name}` }).click();
  await own.page.waitForSelector(".drop");
  hostile.close();
  await browser.close();
});

/** Opens a page of another origin in the browser that has the session. */
async function openHostile() {
  const page = await own.context.newPage();
  await page.goto(hostile.address);
  return page;
}

/** Scans that the server knows. */
function jobs() {
  return own.page.evaluate(() => fetch("/api/state").then((answer) => answer.json()).then((state) => state.jobs.map(({ id }) => id)));
}

/** Sends a request in a page; returns what the page learns of the answer. */
function send(page, address, settings) {
  return page.evaluate(async ([where, how]) => {
    try {
      const answer = await fetch(where, { credentials: "include", ...how });
      return { type: answer.type, status: answer.status, text: await answer.text() };
    } catch {
      return "refused";
    }
  }, [address, settings]);
}

test("a page of another origin starts, changes and removes nothing", async () => {
  const evil = await openHostile();
  const known = await jobs();
  const plain = { method: "POST", body: DEMO, headers: { "Content-Type": "text/plain" } };
  assert.equal(await send(evil, `${ORIGIN}/api/jobs`, plain), "refused");
  assert.equal(await send(evil, `${ORIGIN}/api/jobs`, { ...plain, mode: "no-cors" }), "refused");
  assert.equal(await send(evil, `${ORIGIN}/api/jobs`, { method: "POST", body: DEMO, headers: { "X-Deskull": "1" } }), "refused");
  assert.equal(await send(evil, `${ORIGIN}/api/jobs/${job.id}`, { method: "DELETE", headers: { "X-Deskull": "1" } }), "refused");
  const [answer] = await Promise.all([
    evil.waitForResponse(`${ORIGIN}/api/jobs`),
    evil.evaluate(([address, body]) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: address, enctype: "text/plain" });
      const [name, value] = body.split(":");
      form.append(Object.assign(document.createElement("input"), { name: `${name}:`, value }));
      document.body.append(form);
      form.submit();
    }, [`${ORIGIN}/api/jobs`, DEMO]),
  ]);
  assert.equal(answer.status(), 403);
  assert.deepEqual(await jobs(), known);
  await evil.close();
});

test("a page of another origin reads no result and no state", async () => {
  const evil = await openHostile();
  for (const path of ["/api/state", `/api/jobs/${job.id}/download/mask`, `/api/jobs/${job.id}/volumes/scan`]) {
    assert.equal(await send(evil, ORIGIN + path, {}), "refused", path);
    assert.equal(await send(evil, ORIGIN + path, { mode: "no-cors" }), "refused", path);
  }
  const learned = await evil.evaluate(async (origin) => {
    const load = (name, fields) => new Promise((resolve) => {
      const made = Object.assign(document.createElement(name), fields, { onload: () => resolve("loaded"), onerror: () => resolve("refused") });
      document.body.append(made);
    });
    const events = new Promise((resolve) => {
      const stream = new EventSource(`${origin}/api/events`, { withCredentials: true });
      stream.onopen = () => resolve("loaded");
      stream.onerror = () => { stream.close(); resolve("refused"); };
    });
    return [await load("script", { src: `${origin}/api/state` }), await load("img", { src: `${origin}/assets/icon.svg` }), await events];
  }, ORIGIN);
  assert.deepEqual(learned, ["refused", "refused", "refused"]);
  await evil.close();
});

test("a page of another origin neither frames the page nor reaches into its window", async () => {
  const evil = await openHostile();
  const reached = await evil.evaluate(async (origin) => {
    const frame = Object.assign(document.createElement("iframe"), { src: `${origin}/` });
    const framed = new Promise((resolve) => frame.addEventListener("load", resolve));
    document.body.append(frame);
    await framed;
    const opened = open(`${origin}/`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const look = (act) => { try { return String(act()); } catch { return "refused"; } };
    return [look(() => frame.contentWindow.deskull), look(() => opened.deskull)];
  }, ORIGIN);
  assert.deepEqual(reached.map((value) => ["refused", "undefined"].includes(value)), [true, true]);
  assert.ok(evil.frames().every((frame) => !frame.url().startsWith(ORIGIN)), "the browser does not show the page in a frame");
  await evil.close();
});

test("a foreign name that leads to the server is refused, even with the token", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const answer = await page.goto(`${FOREIGN}/`);
  assert.equal(answer.status(), 403);
  assert.match(await answer.text(), /"error"/);
  const opening = { method: "POST", body: JSON.stringify({ token: TOKEN }), headers: { "X-Deskull": "1" } };
  assert.equal((await send(page, `${FOREIGN}/api/session`, opening)).status, 403);
  assert.equal((await send(page, `${FOREIGN}/api/state`, {})).status, 403);
  assert.deepEqual(await context.cookies(), []);
  await context.close();
});
