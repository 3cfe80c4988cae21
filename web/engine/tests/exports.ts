/** What the tests and the benchmark call, by the name of the module. */

export * as arrays from "../arrays";
export * as estimating from "../estimate";
export * as affine from "../affine";
export * as masking from "../masking";
export * as runtime from "../models/runtime";
export * as surfaceDistance from "../models/surface_distance";
export * as pipeline from "../pipeline";
export * as coverage from "../preprocessing/coverage";
export * as emptyCorners from "../preprocessing/empty_corners";
export * as grid from "../preprocessing/grid";
export * as gridChoice from "../preprocessing/grid_choice";
export * as intensity from "../preprocessing/intensity";
export * as interpolation from "../preprocessing/interpolation";
export * as resampling from "../preprocessing/resampling";
export * as series from "../preprocessing/series";
export * as settings from "../preprocessing/settings";
export * as splines from "../preprocessing/splines";
export * as straight from "../preprocessing/straight";
export * as valueRange from "../preprocessing/value_range";
export * as judging from "../quality/judging";
export * as symmetric from "../quality/measures/symmetric";
export * as numbers from "../quality/numbers";
export * as second from "../quality/second";
export * as wording from "../quality/wording";
export * as volume from "../volume";
export * as quality from "./quality_calls";
