// The finish "crisp", version 1: sources/finishing/crisp.py, which says how; equal in nearly all
// bytes, since each operation is rounded as NumPy and Pillow round it.
import { cutOut } from "./cutout.js";
import { edgeDistance, SCALE } from "./edges.js";
import { blurred } from "./filters.js";
import { BICUBIC, BILINEAR, enlargedBytes, enlargedFloats } from "./resampling.js";
import { rint } from "./rounding.js";

const float = Math.fround;
const REACH = float(1.1); // pixels of the small picture: half a ramp
const SOFT = float(0.25); // pixels of the large one: half of what remains of a ramp
const SOFTENED = Float32Array.of(0.82, 0.09);
const LAYER_SCALE = 4; // colours are read between points of a picture of this scale
const STILL = float(0.1); // points that move by less than this part of a pixel do not

/** uint8 [size, size, 4], straight, of a picture [side, side, 3]; white where nothing shows. */
export function crisp(picture, side, size, { transparent }) {
  const channels = [0, 1, 2].map((c) =>
    blurred(Float32Array.from({ length: side * side }, (_, i) => picture[3 * i + c]), side, SOFTENED));
  const layer = layerOf(channels, side, transparent);
  const large = LAYER_SCALE * side;
  const colours = enlargedBytes(layer, side, large, BICUBIC);
  const out = large === size ? colours.slice() : enlargedBytes(layer, side, size, BICUBIC);
  const [x, y] = edgeDistance(channels, side).map((each) => enlargedFloats(each, SCALE * side, size, BILINEAR));
  const points = float(size / (SCALE * side)); // pixels in a point of the field
  const reach = float(float(REACH * float(size / side)) * points);
  const still = float(float(STILL / points) ** 2);
  const ratio = float(large / size);
  for (let i = 0; i < x.length; i++) {
    const squared = float(float(x[i] * x[i]) + float(y[i] * y[i]));
    if (squared <= still) continue;
    const away = float(reach / float(float(float(Math.sqrt(squared)) * points) + SOFT));
    const column = float(float(i % size + 0.5) + float(x[i] * away));
    const row = float(float(Math.floor(i / size) + 0.5) + float(y[i] * away));
    mixInto(out, 4 * i, colours, large, float(float(column * ratio) - 0.5), float(float(row * ratio) - 0.5));
  }
  return straightened(out);
}

function layerOf(channels, side, transparent) {
  const picture = Uint8ClampedArray.from({ length: side * side * 3 }, (_, i) =>
    rint(channels[i % 3][Math.floor(i / 3)]));
  if (transparent) return cutOut(picture, side);
  return Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) =>
    (i % 4 === 3 ? 255 : picture[3 * (i >> 2) + (i % 4)]));
}

// a colour between four points of a picture, bilinear
function mixInto(out, at, colours, side, x, y) {
  const last = float(side - 1.001);
  x = Math.min(Math.max(x, 0), last);
  y = Math.min(Math.max(y, 0), last);
  const left = Math.trunc(x);
  const above = Math.trunc(y);
  x = float(x - left);
  y = float(y - above);
  const first = 4 * (above * side + left);
  const below = first + 4 * side;
  for (let c = 0; c < 4; c++) {
    const a = colours[first + c];
    const upper = float(a + float((colours[first + 4 + c] - a) * x));
    const b = colours[below + c];
    const lower = float(b + float((colours[below + 4 + c] - b) * x));
    out[at + c] = Math.trunc(float(float(upper + float(float(lower - upper) * y)) + 0.5));
  }
}

function straightened(pixels) {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3];
    if (alpha === 255) continue;
    if (alpha === 0) pixels.fill(255, i, i + 3);
    else {
      const factor = float(255 / alpha);
      for (let c = i; c < i + 3; c++) {
        pixels[c] = Math.trunc(float(Math.min(float(pixels[c] * factor), 255) + 0.5));
      }
    }
  }
  return pixels;
}
