/** Files worker: reads and writes scans beside the page, which stays responsive. */

import { InputError } from "../../../formats/limits";
import { findChoices } from "./choices";
import type { Answer, Request, Tasks } from "./protocol";
import { loadScan, maskAt, writeResult } from "./scans";

const TASKS: Tasks = {
  choices: findChoices,
  scan: loadScan,
  mask: (distance, shape, border) => Promise.resolve(maskAt(distance, shape, border)),
  result: writeResult,
};

onmessage = ({ data }: MessageEvent<Request>): void => void answer(data).then((message) => postMessage(message));

async function answer({ id, task, given }: Request): Promise<Answer> {
  try {
    return { id, value: await (TASKS[task] as (...given: readonly unknown[]) => Promise<unknown>)(...given) };
  } catch (error) {
    if (error instanceof InputError) return { id, error: error.message };
    const reason = error instanceof Error ? error.message : String(error);
    return { id, error: `The page could not do this (${reason}); reload it, or use 'deskull strip'.` };
  }
}
