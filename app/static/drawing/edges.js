// Of every point, how far the next outline is and which way: sources/finishing/edges.py, which says
// why. In and out float32 [side, side], the field in points of a grid of twice the side.
import { blurred, gaussian, halved, slopes } from "./filters.js";
import { BICUBIC, BILINEAR, enlargedFloats } from "./resampling.js";

export const SCALE = 2; // the field has two points a pixel of the picture
const float = Math.fround;
const SPREAD = float(2.4); // σ² of an edge, in points of the field
const WEAK = float((0.025 * 2 * 255) ** 2); // strength of edges that are left as they are
const NEIGHBOURHOOD = gaussian(1, 3);
const LEAST = float(1e-3);

/** [x, y] of a picture's three channels. */
export function edgeDistance(channels, side) {
  const size = SCALE * side;
  const { xx, xy, yy } = strengths(channels, side, size);
  const strength = xx.map((each, i) => each + yy[i]);
  const [cosine, sine] = normals(xx.map((each, i) => each - yy[i]), xy.map((each) => each + each), side, size);
  const [slopeX, slopeY] = slopes(strength, size);
  const x = new Float32Array(size * size);
  const y = new Float32Array(size * size);
  for (let i = 0; i < x.length; i++) {
    const share = float(float(-SPREAD / 4) / float(strength[i] + WEAK));
    const [c, s, dx, dy] = [cosine[i], sine[i], slopeX[i], slopeY[i]];
    x[i] = share * float(float(dx + float(c * dx)) + float(s * dy));
    y[i] = share * float(float(dy + float(s * dx)) - float(c * dy));
  }
  return [x, y];
}

function strengths(channels, side, size) {
  const [xx, xy, yy] = [0, 0, 0].map(() => new Float32Array(size * size));
  for (const channel of channels) {
    const [x, y] = slopes(enlargedFloats(channel, side, size, BICUBIC), size);
    for (let i = 0; i < x.length; i++) {
      xx[i] += float(x[i] * x[i]);
      xy[i] += float(x[i] * y[i]);
      yy[i] += float(y[i] * y[i]);
    }
  }
  return { xx, xy, yy };
}

// cosine and sine of twice the normal's angle, as a neighbourhood has it
function normals(difference, mixed, side, size) {
  const [cosine, sine] = [difference, mixed].map((each) => blurred(halved(each, size), side, NEIGHBOURHOOD));
  for (let i = 0; i < cosine.length; i++) {
    const squares = float(float(cosine[i] * cosine[i]) + float(sine[i] * sine[i]));
    const length = float(float(Math.sqrt(squares)) + LEAST);
    cosine[i] /= length;
    sine[i] /= length;
  }
  return [cosine, sine].map((each) => enlargedFloats(each, side, size, BILINEAR));
}
