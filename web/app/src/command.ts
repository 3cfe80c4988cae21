/** Command: the line that repeats what was done, with the border and the surface that are shown. */

import type { Job, Surface } from "./contract";

/** Words of a shell's line, quoted ones as they are. */
const WORDS = /(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/g;
const OWN = ["--border", "--surface"];

export function commandFor(job: Job, surface: Surface, border: number): string {
  const words = job.command?.match(WORDS) ?? [];
  if (words[1] !== "strip" || !job.has_distance) return job.command ?? ""; // the demo has no border to choose
  const kept = words.filter((word, at) => !OWN.includes(word) && !OWN.includes(words[at - 1] ?? ""));
  const others = surface === "brain" ? [] : ["--surface", surface];
  return [...kept, ...others, "--border", String(border)].join(" ");
}
