/** Shots: pictures of the page for people to look at, if the environment names a folder for them. */

import { join } from "node:path";
import { settle } from "../pages.mjs";

const FOLDER = process.env.SHOTS;
export const TAKES_SHOTS = FOLDER !== undefined;
const SIZES = { laptop: [1280, 800], desktop: [1920, 1080], "tablet-upright": [1024, 1366], tablet: [1366, 1024] };

/** Takes pictures of what is shown, in both themes at all sizes, or at those that are named. */
export async function shoot(page, view, sizes = Object.keys(SIZES)) {
  if (!TAKES_SHOTS) return;
  const before = page.viewportSize();
  for (const theme of ["light", "dark"]) {
    await page.getByRole("button", { name: theme === "light" ? "Light theme" : "Dark theme" }).click();
    for (const size of sizes) {
      const [width, height] = SIZES[size];
      await page.setViewportSize({ width, height });
      await settle(page);
      await page.waitForTimeout(500); // the picture in 3-D follows
      await page.screenshot({ path: join(FOLDER, `${view}_${theme}_${size}.png`) });
    }
  }
  await page.setViewportSize(before);
}
