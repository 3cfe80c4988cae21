/** Series of DICOM files: their list, in the order and in the words of `deskull.formats.dicom.series`; none is guessed. */

import { parseDicom, type DataSet } from "dicom-parser";

export interface NamedFile {
  readonly file: File;
  /** Name with the folders that it lies in. */
  readonly name: string;
}

export interface Series {
  /** Place in the list, from 1: `--series '#2'`. */
  readonly position: number;
  readonly key: string;
  readonly label: string;
  /** Why the series is no scan of a head, as "localizer"; empty if it may be one. */
  readonly exclusion: string;
  readonly files: NamedFile[];
}

interface Header {
  readonly data: DataSet;
  readonly named: NamedFile;
}

const TAGS = {
  classUid: "x00080016", imageType: "x00080008", seriesTime: "x00080031", modality: "x00080060", description: "x0008103e", patient: "x00100010", patientId: "x00100020",
  uid: "x0020000e", number: "x00200011", frames: "x00280008", rows: "x00280010", columns: "x00280011",
} as const;
/** Everything that is needed stands before this tag. */
const LAST_TAG = "x00280012";
/** Bytes of a file that are looked at first. */
const HEAD_BYTES = 1 << 17;
const NO_IMAGES = ["SEG", "PR", "SR", "KO"];
const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";
const SCOUT = /(?<![a-z])(localizer|localiser|scout|survey|topogram|scano)/i;
const VOLUME_TYPES = ["MOSAIC", "VFRAME"];
const LONGEST_PART = 2;

/** Whether a file is DICOM, by its first bytes; files without the preamble are not looked for. */
export async function isDicom({ file, name }: NamedFile): Promise<boolean> {
  if (/(^|\/)DICOMDIR$/i.test(name)) return false;
  return await file.slice(128, 132).text() === "DICM";
}

/** Lists the series of images of DICOM files; `damaged` counts files that cannot be read. */
export async function listSeries(files: readonly NamedFile[]): Promise<{ series: Series[]; damaged: number }> {
  const found = new Map<string, Header[]>();
  let damaged = 0;
  for (const named of files) {
    const data = await readHeader(named.file);
    const uid = data?.string(TAGS.uid);
    if (!data) damaged += 1;
    else if (uid && data.elements[TAGS.rows] && !NO_IMAGES.includes(data.string(TAGS.modality) ?? "")) found.set(uid, [...(found.get(uid) ?? []), { data, named }]);
  }
  const sorted = [...found].map(([uid, headers]) => ({ uid, headers, ...orderOf(headers) }));
  sorted.sort((one, two) => one.number - two.number || compare(one.time, two.time) || compare(one.uid, two.uid));
  const counts = new Map<number, number>();
  const series = sorted.map(({ headers, number, time }, at) => {
    const repeat = (counts.get(number) ?? 0) + 1;
    counts.set(number, repeat);
    return describe(headers, { position: at + 1, number, time, key: repeat === 1 ? String(number) : `${number}-${repeat}` });
  });
  return { series, damaged };
}

async function readHeader(file: File): Promise<DataSet | undefined> {
  for (const size of [HEAD_BYTES, file.size]) {
    try {
      return parseDicom(new Uint8Array(await file.slice(0, size).arrayBuffer()), { untilTag: LAST_TAG });
    } catch {
      if (size >= file.size) return undefined; // otherwise the header may be longer than what was read
    }
  }
  return undefined;
}

function orderOf([first]: readonly Header[]): { number: number; time: string } {
  const time = first?.data.string(TAGS.seriesTime) ?? "";
  const clock = /^\d{6}/.test(time) ? `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}` : "";
  return { number: Number.parseInt(first?.data.string(TAGS.number) ?? "", 10) || 0, time: clock };
}

function describe(headers: readonly Header[], place: { position: number; number: number; time: string; key: string }): Series {
  const { data } = headers[0] as Header;
  const description = (data.string(TAGS.description) ?? "").split(/\s+/).filter(Boolean).join(" ");
  const shown = repeatsIdentity(description, data) ? "description withheld" : description;
  const exclusion = exclusionOf(data, description, headers.length);
  const parts = [
    `#${place.position} number ${place.number}`, shown && `'${shown}'`, `${data.uint16(TAGS.rows) ?? 0}x${data.uint16(TAGS.columns) ?? 0}`, place.time,
    `${headers.length} file${headers.length > 1 ? "s" : ""}`,
  ];
  const label = parts.filter(Boolean).join(", ") + (exclusion && ` (${exclusion})`);
  return { position: place.position, key: place.key, label, exclusion, files: headers.map(({ named }) => named) };
}

function exclusionOf(data: DataSet, description: string, count: number): string {
  const kinds = (data.string(TAGS.imageType) ?? "").toUpperCase().split("\\").map((kind) => kind.trim());
  if ((data.string(TAGS.classUid) ?? "").startsWith(SECONDARY_CAPTURE)) return "secondary capture";
  if (kinds.includes("LOCALIZER") || SCOUT.test(description)) return "localizer";
  if (kinds[0] === "DERIVED") return "derived";
  const isVolume = kinds.some((kind) => VOLUME_TYPES.includes(kind)) || Number(data.string(TAGS.frames) ?? 0) > 1;
  return count === 1 && !isVolume ? "single slice" : "";
}

/** Whether a text holds the patient's identifier or a part of the name. */
function repeatsIdentity(text: string, data: DataSet): boolean {
  const identity = `${data.string(TAGS.patient) ?? ""}^${data.string(TAGS.patientId) ?? ""}`.toLowerCase();
  return identity.split(/[\^=\s,_]+/).some((part) => part.length > LONGEST_PART && text.toLowerCase().includes(part));
}

function compare(one: string, two: string): number {
  return one < two ? -1 : one > two ? 1 : 0;
}
