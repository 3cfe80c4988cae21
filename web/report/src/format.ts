/** Format: how far a scan stands from its batch, beside the numbers that all pages show. */

import type { Scan } from "./data";

export * from "../../shared/format";

/** How far the volume is from the median: "+2.1 SD". */
export function deviation(scan: Scan): string {
  const sign = scan.deviation < 0 ? "−" : "+";
  return scan.volume === null ? "" : `${sign}${Math.abs(scan.deviation).toFixed(1)} SD`;
}
