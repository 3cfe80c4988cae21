/** Dropped: the files of what was dropped or chosen, with those of folders. */

export interface Picked {
  readonly file: File;
  /** Name with the folders that it lies in. */
  readonly name: string;
}

/** Files that systems leave in folders; nobody means to send them. */
const IGNORED = /^(\.DS_Store|Thumbs\.db|desktop\.ini)$/i;

/** Collects what was dropped. To be called within the event, since its items are gone afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<Picked[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...transfer.files];
  if (!entries.length) return filesOfList(plain);
  return (await Promise.all(entries.map((entry) => filesOfEntry(entry, "")))).flat();
}

export function filesOfList(files: Iterable<File>): Picked[] {
  return [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name })).filter(({ file }) => !IGNORED.test(file.name));
}

async function filesOfEntry(entry: FileSystemEntry, folder: string): Promise<Picked[]> {
  const name = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return IGNORED.test(entry.name) ? [] : [{ file, name }];
  }
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map((one) => filesOfEntry(one, `${name}/`)))).flat();
}

/** Reads a folder; browsers give at most a hundred entries at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const more = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!more.length) return found;
    found.push(...more);
  }
}
