/** TSV: a review as a table in the shape of BIDS scans.tsv. */

import type { Scan } from "./data";
import { DECISIONS, type Decision, type Mark } from "./marks";

const COLUMNS = ["filename", "verdict", "predicted_dice", "volume_ml", "rating", "verdict_by_reviewer", "comment", "reviewer", "time"];
const UNKNOWN = "n/a";

/** Writes a line for each scan; what is not known is n/a. */
export function writeTsv(scans: readonly Scan[], markOf: (name: string) => Mark | undefined): string {
  const lines = scans.map((scan) => {
    const mark = markOf(scan.name);
    const cells = [
      scan.name, scan.verdict, scan.dice, scan.volume, mark?.rating, mark?.decision, mark?.comment, mark?.reviewer, mark?.time,
    ];
    return cells.map(cell).join("\t");
  });
  return [COLUMNS.join("\t"), ...lines, ""].join("\n");
}

/**
 * Reads the marks of a table.
 *
 * @throws Error with a sentence, if it is no review.
 */
export function readTsv(text: string): [string, Mark][] {
  const [head = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const columns = head.split("\t");
  if (!columns.includes("filename") || !["rating", "verdict_by_reviewer", "comment"].some((name) => columns.includes(name))) {
    throw new Error("it has no columns filename and rating, verdict_by_reviewer or comment");
  }
  return lines.filter((line) => line.trim()).flatMap((line) => readLine(columns, line.split("\t")));
}

function readLine(columns: string[], cells: string[]): [string, Mark][] {
  const value = (column: string): string | undefined => {
    const found = cells[columns.indexOf(column)]?.trim();
    return !found || found === UNKNOWN ? undefined : found;
  };
  const name = value("filename");
  const [rating, volume] = [Number(value("rating")), Number(value("volume_ml"))];
  const mark: Mark = {
    rating: Number.isInteger(rating) && rating >= 1 && rating <= 5 ? rating : undefined,
    decision: decisionOf(value("verdict_by_reviewer")),
    comment: value("comment"),
    reviewer: value("reviewer"),
    volume: value("verdict") === "no mask" ? null : volume || undefined,
    time: value("time") ?? "",
  };
  return name && (mark.rating || mark.decision || mark.comment) ? [[name, mark]] : [];
}

/** The decision that a word states; the word of the pages is taken, too. */
function decisionOf(word: string | undefined): Decision | undefined {
  return DECISIONS.find((decision) => decision === (word === "review" ? "edit" : word));
}

function cell(value: string | number | null | undefined): string {
  return String(value ?? "").replace(/\s+/g, " ").trim() || UNKNOWN;
}
