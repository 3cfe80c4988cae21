/** Command: the line that does the same without this page (`deskull.web.commands`). */

import type { Options } from "../../../app/src/contract";
import type { Source } from "../files/choices";

export function commandOf(source: Source, options: Options, border: number): string {
  const words = ["deskull", "strip", source.shown];
  if (source.selector) words.push("--series", source.selector);
  words.push("--border", String(border));
  if (options.surface && options.surface !== "brain") words.push("--surface", options.surface);
  if (options.model && options.model !== "default") words.push("--model", options.model);
  return words.map(quoted).join(" ");
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
