// What a generator gives → levels, as sources/runtimes/pixels.py: the model's range and rounding.
import { rint } from "./rounding.js";

const float = Math.fround;

export class BrokenPicture extends Error {}

/** uint8 [N, N, 3] in a row, of float32 [1, N, N, C] or [1, C, N, N] in the output's range. */
export function toLevels(values, { range: [low, high], rounding, layout }, size, channels) {
  const count = size * size;
  if (values.length !== count * channels) {
    throw new BrokenPicture(`the model gave ${values.length} numbers, not ${count * channels}`);
  }
  const levels = new Uint8ClampedArray(count * 3);
  const [step, skip] = layout === "NCHW" ? [1, count] : [channels, 1];
  for (let point = 0; point < count; point++) {
    for (let c = 0; c < 3; c++) {
      const value = values[point * step + (channels === 1 ? 0 : c) * skip];
      if (!Number.isFinite(value)) throw new BrokenPicture("the model gave values that are not finite");
      const unit = float(float(value - low) / (high - low));
      levels[point * 3 + c] = rounding === "floor_256"
        ? Math.floor(Math.min(Math.max(float(unit * 256), 0), 255))
        : rint(float(Math.min(Math.max(unit, 0), 1) * 255));
    }
  }
  if (levels.every((level, i) => level === levels[i % 3])) {
    throw new BrokenPicture("the model gave a picture of one colour");
  }
  return levels;
}
