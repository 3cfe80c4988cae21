/** Browser: Debian's Chromium without a graphics card, as the tests of all pages use it. */

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking", "--no-first-run", "--disable-sync",
];

/** Starts the browser that the environment variable CHROMIUM names. */
export function startBrowser(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: [...ARGUMENTS, ...more] });
}
