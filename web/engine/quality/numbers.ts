/** Numbers: text of numbers as Python writes it, where a digit exactly in the middle is rounded to the even neighbour. */

/** A number with a fixed number of digits behind the point: Python's `.2f`. */
export function fixed(value: number, digits: number): string {
  const up = value.toFixed(digits);
  if (!/^50*$/.test(value.toFixed(100).slice(up.length).replace(".", ""))) return up;
  const down = value.toFixed(digits + 1).slice(0, digits ? -1 : -2);
  return /[02468]$/.test(down) ? down : up;
}

/** A number with at most so many significant digits: Python's `.3g`. */
export function general(value: number, digits: number): string {
  const [mantissa, power] = scientific(value, digits);
  if (power >= -4 && power < digits) return withoutZeros(fixed(value, digits - 1 - power));
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${withoutZeros(mantissa)}e${power < 0 ? "-" : "+"}${size}`;
}

/** A number of four significant digits; null if it is not finite. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(general(value, 4)) : null;
}

/** Mantissa with its digits, and the power of ten. */
function scientific(value: number, digits: number): [string, number] {
  const [up = "", power = "0"] = value.toExponential(digits - 1).split("e");
  const [exact = ""] = value.toExponential(100).split("e");
  const [down = ""] = value.toExponential(digits).split("e");
  if (exact.length <= 2 || !/^50*$/.test(exact.slice(digits === 1 ? up.length + 1 : up.length))) return [up, Number(power)];
  const even = down.slice(0, -1);
  return /[02468]$/.test(even) ? [even, Number(power)] : [up, Number(power)];
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
