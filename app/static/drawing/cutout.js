// White that is joined to the border → transparent: sources/finishing/cutout.py, which says how.
import { rint } from "./rounding.js";

const WHITE = 6; // of 255: less colour than this is ground
const RIM_PX = 2; // pixels this near to the ground may be mixed with it
const float = Math.fround;

/** uint8 [side, side, 4], premultiplied, of [side, side, 3]. */
export function cutOut(picture, side) {
  const colour = picture.map((each) => 255 - each);
  const ink = Uint8Array.from({ length: side * side }, (_, i) =>
    Math.max(colour[3 * i], colour[3 * i + 1], colour[3 * i + 2]));
  const ground = joinedToBorder(ink, side);
  const rim = widened(widened(ground, side), side);
  const strongest = strongestNear(ink, side);
  const out = new Uint8ClampedArray(side * side * 4);
  for (let i = 0; i < side * side; i++) {
    let alpha = ground[i] ? 0 : 255;
    if (rim[i] && !ground[i]) alpha = rint(float(shareOf(colour, i, strongest[i], ink[i]) * 255));
    for (let c = 0; c < 3; c++) out[4 * i + c] = Math.max(alpha - colour[3 * i + c], 0);
    out[4 * i + 3] = alpha;
  }
  return out;
}

// of the strongest colour near a pixel: at least what the pixel lacks of white
function shareOf(colour, at, pureAt, ink) {
  let both = 0;
  let pure = 0;
  for (let c = 0; c < 3; c++) {
    both += colour[3 * at + c] * colour[3 * pureAt + c];
    pure += colour[3 * pureAt + c] ** 2;
  }
  return Math.min(Math.max(float(both / Math.max(pure, 1)), float(ink / 255)), 1);
}

function joinedToBorder(ink, side) {
  const joined = new Uint8Array(side * side);
  const waiting = [];
  const reach = (i) => {
    if (joined[i] || ink[i] > WHITE) return;
    joined[i] = 1;
    waiting.push(i);
  };
  for (let i = 0; i < side; i++) [i, (side - 1) * side + i, i * side, i * side + side - 1].forEach(reach);
  while (waiting.length) {
    const i = waiting.pop();
    if (i % side > 0) reach(i - 1);
    if (i % side < side - 1) reach(i + 1);
    if (i >= side) reach(i - side);
    if (i < side * (side - 1)) reach(i + side);
  }
  return joined;
}

// by one pixel, corners too
function widened(mask, side) {
  const along = (values, step, isFirst, isLast) => values.map((each, i) =>
    each | (isFirst(i) ? 0 : values[i - step]) | (isLast(i) ? 0 : values[i + step]));
  const wide = along(mask, 1, (i) => i % side === 0, (i) => i % side === side - 1);
  return along(wide, side, (i) => i < side, (i) => i >= side * (side - 1));
}

// of each pixel the place of the one with most ink within the rim; of equals the nearer in order
function strongestNear(ink, side) {
  let most = ink;
  let found = Int32Array.from(ink, (_, i) => i);
  for (const [step, placeOf] of [[side, (i) => Math.floor(i / side)], [1, (i) => i % side]]) {
    const [inks, places] = [most, found];
    most = inks.slice();
    found = places.slice();
    for (const by of [-2, -1, 1, 2].filter((each) => Math.abs(each) <= RIM_PX)) {
      for (let i = 0; i < inks.length; i++) {
        const place = placeOf(i) + by;
        if (place < 0 || place >= side || inks[i + by * step] <= most[i]) continue;
        most[i] = inks[i + by * step];
        found[i] = places[i + by * step];
      }
    }
  }
  return found;
}
