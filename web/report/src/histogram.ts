/** Histogram: a distribution as SVG in the colours of the page. */

import { svg, type Child } from "../../shared/dom";
import { median } from "./format";

const WIDTH = 640;
const HEIGHT = 190;
const MARGIN = { left: 8, right: 8, top: 22, bottom: 38 };
const N_BINS = 32;

export interface Axis {
  readonly label: string;
  readonly format: (value: number) => string;
}

interface Bin {
  low: number;
  high: number;
  count: number;
}

/** Draws the distribution of values; those for which `isMarked` holds are drawn as dots below the bars, too. */
export function histogram(values: readonly number[], axis: Axis, isMarked: (value: number) => boolean): SVGElement {
  const [low, high] = range(values);
  const bins = fill(values, low, high);
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const x = (value: number): number => MARGIN.left + ((value - low) / (high - low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const base = HEIGHT - MARGIN.bottom;
  const bars = bins.filter((bin) => bin.count).map((bin) => bar(bin, x, base, (base - MARGIN.top) * (bin.count / most), axis));
  const dots = values.filter(isMarked).map((value) => svg("circle", { cx: x(value), cy: base + 7, r: 3.5, class: "outlier" }));
  const description = `Distribution of ${axis.label} over ${values.length} scans, median ${axis.format(median(values))}`;
  return svg(
    "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "histogram", role: "img", "aria-label": description },
    svg("line", { x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: base, y2: base, class: "axis" }),
    ...bars, ...dots, ...medianLine(x(median(values)), base, axis.format(median(values))), ...ticks(low, high, x, axis),
  );
}

function range(values: readonly number[]): [number, number] {
  const low = values.reduce((one, two) => Math.min(one, two), Infinity);
  const high = values.reduce((one, two) => Math.max(one, two), -Infinity);
  const margin = (high - low) * 0.03 || Math.abs(low) * 0.05 || 1;
  return [low - margin, high + margin];
}

function fill(values: readonly number[], low: number, high: number): Bin[] {
  const width = (high - low) / N_BINS;
  const bins = Array.from({ length: N_BINS }, (_, place) => ({ low: low + place * width, high: low + (place + 1) * width, count: 0 }));
  for (const value of values) {
    const bin = bins[Math.min(N_BINS - 1, Math.floor((value - low) / width))];
    if (bin) bin.count += 1;
  }
  return bins;
}

function bar(bin: Bin, x: (value: number) => number, base: number, height: number, axis: Axis): SVGElement {
  const title = svg("title", {}, `${axis.format(bin.low)} to ${axis.format(bin.high)}: ${bin.count}`);
  return svg("rect", { x: x(bin.low) + 1, width: x(bin.high) - x(bin.low) - 2, y: base - height, height, rx: 2, class: "bin" }, title);
}

function medianLine(at: number, base: number, text: string): Child[] {
  const anchor = at > WIDTH - 120 ? "end" : at < 120 ? "start" : "middle";
  return [
    svg("line", { x1: at, x2: at, y1: MARGIN.top - 4, y2: base, class: "median" }),
    svg("text", { x: at, y: 12, "text-anchor": anchor, class: "median-label" }, `median ${text}`),
  ];
}

function ticks(low: number, high: number, x: (value: number) => number, axis: Axis): Child[] {
  const step = niceStep((high - low) / 5);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => {
    const value = (first + place) * step;
    const anchor = x(value) > WIDTH - 30 ? "end" : x(value) < 30 ? "start" : "middle";
    return svg("text", { x: x(value), y: HEIGHT - 8, "text-anchor": anchor, class: "tick" }, axis.format(value));
  });
}

/** A step of 1, 2 or 5 times a power of ten that is at least as long as given. */
function niceStep(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length));
  return power * ([1, 2, 5, 10].find((times) => times * power >= length) ?? 10);
}
