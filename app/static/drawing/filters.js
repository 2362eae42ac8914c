// Small filters on float32 [side, side], as sources/finishing/filters.py; beyond the border its
// pixels are repeated. Each operation is rounded to 32 bits, as NumPy's are.

const float = Math.fround;

/** The middle and one half of a Gaussian of 2 · `reach` + 1 taps. */
export function gaussian(sigma, reach) {
  const half = Array.from({ length: reach + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2));
  const rest = half.slice(1).reduce((sum, each) => sum + each, 0);
  return Float32Array.from(half, (each) => each / (half[0] + 2 * rest));
}

/** Values under a symmetric kernel, of which `half` is the middle and on. */
export function blurred(values, side, half) {
  return pass(pass(values, side, half, side, 1), side, half, 1, side);
}

// `step`: between neighbours along the way; `across`: between the ways
function pass(values, side, half, step, across) {
  const out = new Float32Array(side * side);
  const last = side - 1;
  for (let way = 0; way < side; way++) {
    for (let at = 0; at < side; at++) {
      const base = way * across;
      let sum = float(half[0] * values[base + at * step]);
      for (let i = 1; i < half.length; i++) {
        const before = values[base + Math.max(at - i, 0) * step];
        const after = values[base + Math.min(at + i, last) * step];
        sum = float(sum + float(half[i] * float(before + after)));
      }
      out[base + at * step] = sum;
    }
  }
  return out;
}

/** The difference of the neighbours across and down: twice the slope. */
export function slopes(values, side) {
  const across = new Float32Array(side * side);
  const down = new Float32Array(side * side);
  const last = side - 1;
  for (let y = 0; y < side; y++) {
    const above = Math.max(y - 1, 0) * side;
    const below = Math.min(y + 1, last) * side;
    for (let x = 0; x < side; x++) {
      const at = y * side + x;
      across[at] = values[y * side + Math.min(x + 1, last)] - values[y * side + Math.max(x - 1, 0)];
      down[at] = values[below + x] - values[above + x];
    }
  }
  return [across, down];
}

/** Sums of 2 × 2, of an even side. */
export function halved(values, side) {
  const half = side / 2;
  const sums = new Float32Array(half * half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const at = 2 * y * side + 2 * x;
      const upper = float(values[at] + values[at + side]);
      sums[y * half + x] = float(float(upper + values[at + 1]) + values[at + side + 1]);
    }
  }
  return sums;
}
