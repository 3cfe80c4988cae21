/** Format: numbers and names as the page shows them. */

import type { Scan } from "./data";

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function dice(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

export function millilitres(value: number | null): string {
  return value === null ? "–" : `${Math.round(value).toLocaleString("en")} ml`;
}

/** How far the volume is from the median: "+2.1 SD". */
export function deviation(scan: Scan): string {
  const sign = scan.deviation < 0 ? "−" : "+";
  return scan.volume === null ? "" : `${sign}${Math.abs(scan.deviation).toFixed(1)} SD`;
}

/** A number with four significant digits, whatever its size. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, two) => one - two);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
