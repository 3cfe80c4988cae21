// Take the picture of `deskull serve` for the README: node docs/images/serve.mjs ADDRESS (which the command prints).
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../web/app/package.json", import.meta.url))("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "dark" });
await page.goto(process.argv[2]);
await page.waitForFunction(() => window.deskull !== undefined);
await page.evaluate(() => window.deskull.start({ demo: true }, {}));
await page.waitForTimeout(8000);
await page.screenshot({ path: new URL("serve.jpg", import.meta.url).pathname, type: "jpeg", quality: 85 });
await browser.close();
