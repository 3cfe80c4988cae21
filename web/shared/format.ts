/** Format: numbers as the pages show them. */

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function dice(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

export function millilitres(value: number | null): string {
  return value === null ? "–" : `${Math.round(value).toLocaleString("en")} ml`;
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
