// Enlarging as Pillow does it, with its roundings: first across, then down. Pictures are square.

const BITS = 22; // of the weights of bytes

const bicubic = (x) => {
  const a = -0.5;
  x = Math.abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
};
const bilinear = (x) => Math.max(0, 1 - Math.abs(x));

export const BICUBIC = { weight: bicubic, reach: 2 };
export const BILINEAR = { weight: bilinear, reach: 1 };

// which points count for a new one, and how much: {first, count, weights}, `most` weights of each
function taps(side, size, { weight, reach }) {
  const scale = side / size;
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Float64Array(size * most);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale;
    first[i] = Math.max(0, Math.trunc(centre - reach + 0.5));
    count[i] = Math.min(side, Math.trunc(centre + reach + 0.5)) - first[i];
    let sum = 0;
    for (let j = 0; j < count[i]; j++) {
      weights[i * most + j] = weight(j + first[i] - centre + 0.5);
      sum += weights[i * most + j];
    }
    for (let j = 0; j < count[i]; j++) weights[i * most + j] *= 1 / sum;
  }
  return { first, count, weights, most };
}

/** float32 [side, side] as [size, size], size ≥ side. */
export function enlargedFloats(values, side, size, how) {
  const { first, count, weights, most } = taps(side, size, how);
  const wide = new Float32Array(side * size);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < size; x++) {
      const from = y * side + first[x];
      let sum = 0;
      for (let j = 0; j < count[x]; j++) sum += values[from + j] * weights[x * most + j];
      wide[y * size + x] = sum;
    }
  }
  const large = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let j = 0; j < count[y]; j++) sum += wide[(first[y] + j) * size + x] * weights[y * most + j];
      large[y * size + x] = sum;
    }
  }
  return large;
}

/** uint8 [side, side, 4] as [size, size, 4], size ≥ side. */
export function enlargedBytes(pixels, side, size, how) {
  const { first, count, weights, most } = taps(side, size, how);
  const whole = Int32Array.from(weights, (each) => each * 2 ** BITS + (each < 0 ? -0.5 : 0.5));
  const wide = new Uint8ClampedArray(side * size * 4);
  const half = 1 << (BITS - 1);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 4; c++) {
        const from = (y * side + first[x]) * 4 + c;
        let sum = half;
        for (let j = 0; j < count[x]; j++) sum += pixels[from + j * 4] * whole[x * most + j];
        wide[(y * size + x) * 4 + c] = sum >> BITS;
      }
    }
  }
  const large = new Uint8ClampedArray(size * size * 4);
  for (let y = 0; y < size; y++) {
    const from = first[y] * size * 4;
    for (let i = 0; i < size * 4; i++) {
      let sum = half;
      for (let j = 0; j < count[y]; j++) sum += wide[from + j * size * 4 + i] * whole[y * most + j];
      large[y * size * 4 + i] = sum >> BITS;
    }
  }
  return large;
}
