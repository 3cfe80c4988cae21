/**
 * Types that the engine, its worker and the page share.
 *
 * Every array of voxels is in Fortran order, as NIfTI stores it: the first index runs fastest, so that voxel (x, y, z)
 * of an array of `shape` is at `x + shape[0] * (y + shape[1] * z)`.
 */

/** Number of voxels along x, y and z. */
export type Shape = readonly [number, number, number];

/** Sixteen numbers, row by row: voxel indices to world coordinates in mm (RAS+). */
export type Affine = readonly number[];

/** Voxels as a file stores them; 64-bit integers are converted to Float64Array by the reader. */
export type VoxelArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** A 3-D scan; the mean of the frames of a series is made by `meanFrame` (preprocessing/series.ts). */
export interface Volume<Values extends VoxelArray = VoxelArray> {
  /** Stored voxels, before `slope` and `inter` are applied. */
  readonly values: Values;
  readonly shape: Shape;
  readonly affine: Affine;
  /** Real value = stored value * slope + inter; 1 and 0 where left out. */
  readonly slope?: number;
  readonly inter?: number;
  /** Name in messages, by default "image". */
  readonly name?: string;
}

/** Float values on a grid of their own. */
export interface Field {
  readonly values: Float32Array;
  readonly shape: Shape;
}

export type Surface = "brain" | "intracranial";

/** What the engine reads of the JSON card beside a network; a card has more. */
export interface ModelCard {
  readonly name: string;
  readonly sha256: string;
  readonly voxel_size_mm: number;
  readonly band_mm: number;
  readonly size_multiple: number;
  readonly surfaces: readonly string[];
  readonly distances?: boolean;
  readonly default_border_mm?: Readonly<Record<string, number>>;
  readonly preprocess?: Readonly<Record<string, unknown>>;
}

/** A network: the bytes of its ONNX file and its card. */
export interface Model {
  readonly onnx: Uint8Array;
  readonly card: ModelCard;
}

/** Where and how the network runs. */
export interface Runtime {
  /** Folder of ONNX Runtime's WebAssembly files, with a slash at its end, or their addresses. */
  readonly wasmPaths: string | { readonly mjs: string; readonly wasm: string };
  /** Maximum number of threads; by default the cores where threads are possible, at most 8. */
  readonly threads?: number;
}

export interface StripOptions {
  /** Surface that `mask` and `distance` follow; by default the brain. */
  readonly surface?: Surface;
  /** The mask ends this far outside the surface, in mm; by default the border on the network's card. */
  readonly borderMm?: number;
  /** Whether the intracranial mask is computed, too, at its default border. */
  readonly icv?: boolean;
  /** Second network, which looks again at the image, so that the quality can be judged; without it there is no `evidence`. */
  readonly second?: Model;
  /** Whether the second network also looks at the mirrored image (the thorough quality check). */
  readonly mirror?: boolean;
}

export type Stage = "load" | "conform" | "network" | "resample" | "quality";

export interface Progress {
  /** The stage that begins. */
  readonly stage: Stage;
  /** Part of the whole that is done when it begins, from 0 to 1. */
  readonly done: number;
  /** Part of the whole that will be done when it ends; nothing is reported in between. */
  readonly next: number;
  /** How long this stage takes, as far as can be said. */
  readonly seconds: number;
}

export type OnProgress = (progress: Progress) => void;

/** A signed distance and its mask on the voxels of the scan. */
export interface SurfaceResult {
  readonly surface: Surface;
  readonly borderMm: number;
  /** Signed distance in mm to the surface, negative inside; at most the network's band. */
  readonly distance: Float32Array;
  /** 1 inside, 0 outside. */
  readonly mask: Uint8Array;
  readonly volumeMl: number;
}

export interface StripResult extends SurfaceResult {
  readonly shape: Shape;
  readonly affine: Affine;
  /** The intracranial surface, if it was asked for. */
  readonly intracranial?: SurfaceResult;
  /** Name and sha256 of the network. */
  readonly model: { readonly name: string; readonly sha256: string };
  /** Sentences that the user should read. */
  readonly warnings: readonly string[];
  /** Duration of each stage. */
  readonly seconds: Readonly<Partial<Record<Stage, number>>>;
  readonly threads: number;
  /** What the quality is judged by, with a second network; absent where the scan has one value inside the network's grid. */
  readonly evidence?: Evidence;
}

/** What `estimate` says before anything is computed. */
export interface Estimate {
  readonly seconds: number;
  /** Largest memory that is in use at a time, the scan included. */
  readonly bytes: number;
  /** Grid of the network. */
  readonly gridShape: Shape;
}

/** What the quality of a mask is judged by: as `deskull.quality.evidence.Evidence`, for the brain at its default border. */
export interface Evidence {
  /** 3-D, of finite values. */
  readonly scan: Volume;
  /** On the voxels of the scan, 1 inside. */
  readonly mask: Uint8Array;
  /** Of the grid of the network's output, on which the arrays below lie. */
  readonly shape: Shape;
  /** Indices of that grid to world coordinates in mm. */
  readonly affine: Affine;
  /** The conformed scan, averaged to the voxels of the output: about 0 to 1. */
  readonly image: Float32Array;
  /** 1 where the scan has voxels. */
  readonly fieldOfView: Uint8Array;
  /** Signed distance in mm to the brain, of the largest component alone. */
  readonly distance: Float32Array;
  /** The same, as the network predicted it. */
  readonly predicted: Float32Array;
  /** Signed distance in mm to the intracranial surface, if the network predicts it. */
  readonly intracranial?: Float32Array;
  /** Of the mask, in mm. */
  readonly border: number;
  /** What the second network says of the image. */
  readonly second?: SecondLook;
  /** What it says of the mirrored image, mirrored back. */
  readonly mirrored?: SecondLook;
}

/** What the second network says of an image. */
export interface SecondLook {
  /** Signed distance in mm to the edge that a right mask has, negative inside. */
  readonly distance: Field;
  /** Mean error in mm that the network expects of it. */
  readonly expectedError: Field;
  /** Edge of its voxels in those of the image; both grids start at the same corner. */
  readonly spacing: number;
}
