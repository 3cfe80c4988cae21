/** Data: what `deskull report` wrote into data/rows.js, as objects. */

import type { Verdict } from "../../shared/badge";

/** Cells of a row, in the order in which `data_files.py` writes them. */
type Cells = [
  number: number,
  name: string,
  verdict: Verdict,
  dice: number | null,
  bound: number | null,
  margin: number | null,
  volume: number | null,
  deviation: number,
  hasPicture: 0 | 1,
  isWarned: 0 | 1,
  notes: number[],
];

export interface Scan {
  /** Place in the order "worst first", from 1. */
  readonly rank: number;
  /** Number of its pictures and data. */
  readonly number: number;
  readonly name: string;
  readonly verdict: Verdict;
  readonly dice: number | null;
  readonly bound: number | null;
  /** Distance in mm within which the true surface lies. */
  readonly margin: number | null;
  /** In ml. */
  readonly volume: number | null;
  /** Of the volume from the median, in robust standard deviations. */
  readonly deviation: number;
  readonly isOutlier: boolean;
  readonly hasPicture: boolean;
  readonly isWarned: boolean;
  readonly notes: readonly string[];
}

export interface Report {
  /** Identifies the report and those that take its place, so that its review is kept apart from others. */
  readonly key: string;
  readonly hasViewer: boolean;
  readonly scans: readonly Scan[];
}

interface Written {
  key: string;
  viewer: boolean;
  outlier: number;
  texts: string[];
  rows: Cells[];
}

/** Reads what data/rows.js has assigned; undefined if it is missing. */
export function readReport(): Report | undefined {
  const written = (globalThis as { deskullReport?: Written }).deskullReport;
  if (!written) return undefined;
  const scans = written.rows.map((cells, index) => readScan(cells, index + 1, written));
  return { key: written.key, hasViewer: written.viewer, scans };
}

function readScan(cells: Cells, rank: number, written: Written): Scan {
  const [number, name, verdict, dice, bound, margin, volume, deviation, hasPicture, isWarned, notes] = cells;
  return {
    rank, number, name, verdict, dice, bound, margin, volume, deviation,
    isOutlier: Math.abs(deviation) > written.outlier,
    hasPicture: hasPicture === 1,
    isWarned: isWarned === 1,
    notes: notes.map((note) => written.texts[note] ?? ""),
  };
}

/** Name of the files of a scan: its number with five digits. */
export function fileStem(scan: Scan): string {
  return String(scan.number).padStart(5, "0");
}
