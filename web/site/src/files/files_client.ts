/** Files client: the page's side of the worker that reads and writes files. */

import type { Answer, Request, Tasks } from "./protocol";

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export function startFiles(address: string): Tasks {
  const worker = new Worker(address, { type: "module" });
  const pending = new Map<number, Pending>();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const waiting = pending.get(data.id);
    pending.delete(data.id);
    if ("error" in data) waiting?.reject(new Error(data.error));
    else waiting?.resolve(data.value as never);
  };
  worker.onerror = () => {
    for (const { reject } of pending.values()) reject(new Error("The reader of files stopped; reload the page."));
    pending.clear();
  };
  const ask = (task: keyof Tasks) => (...given: unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      last += 1;
      pending.set(last, { resolve, reject });
      worker.postMessage({ id: last, task, given } satisfies Request);
    });
  return { choices: ask("choices"), scan: ask("scan"), mask: ask("mask"), result: ask("result") };
}
