// Seed → truncation, choices, latents and noise: what sources/runtimes/latents.py draws, in the
// same order from the same uniforms, and what sources/interpolation.py finds between two of them.
// `inputs` are those of a model's description, in the order of its model.toml.
import { Uniforms } from "./mersenne.js";
import { ndtri } from "./normal.js";
import { rint } from "./rounding.js";

const STEP = 0.02; // of truncations
const TAIL = 0.022750131948179195; // of a standard normal number below -2
const float = Math.fround;
const isVector = ({ kind }) => kind === "latent" || kind === "noise";
const sizeOf = ({ dims, width }) => (dims.length ? dims.reduce((a, b) => a * b) : width);

/** What a seed decides: {seed, truncation, choices, vectors}; the last two by the input's name. */
export function draw(inputs, seed, [lowest, highest]) {
  const uniforms = new Uniforms(seed);
  const truncation = truncationOf(uniforms.next(), lowest, highest);
  const choices = {};
  for (const { kind, name, among } of inputs) {
    if (kind === "choice") choices[name] = among[Math.floor(uniforms.next() * among.length)];
  }
  const vectors = {};
  for (const input of inputs.filter(isVector)) {
    const number = numbers[input.distribution];
    vectors[input.name] = Float32Array.from({ length: sizeOf(input) }, () => number(uniforms.next(), input));
  }
  return { seed, truncation, choices, vectors };
}

/** A multiple of 0.02 from `lowest` to `highest`, each equally likely. */
export function truncationOf(uniform, lowest, highest) {
  const first = rint(lowest / STEP);
  const last = rint(highest / STEP);
  return (first + Math.floor(uniform * (last - first + 1))) / 50;
}

const numbers = {
  uniform: (uniform, { range: [low, high] }) => low + (high - low) * uniform,
  normal: (uniform) => ndtri(Math.min(Math.max(uniform, 1e-12), 1 - 1e-12)),
  truncated_normal: (uniform) => ndtri(TAIL + uniform * (1 - 2 * TAIL)),
};

/** The draw at `share`, 0–1, of the way between two, on a sphere; all but latents is `start`'s. */
export function between(inputs, start, end, share) {
  const vectors = { ...start.vectors };
  for (const { kind, name } of inputs) {
    if (kind === "latent") vectors[name] = onSphere(start.vectors[name], end.vectors[name], share);
  }
  return { ...start, vectors };
}

function onSphere(a, b, share) {
  const product = (x, y) => x.reduce((sum, each, i) => sum + each * y[i], 0);
  const cosine = product(a, b) / Math.max(Math.sqrt(product(a, a) * product(b, b)), 1e-12);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const sine = Math.sin(angle);
  const [of, to] = sine < 1e-4
    ? [1 - share, share] // parallel: there is no one great circle
    : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return a.map((each, i) => of * each + to * b[i]);
}

/** One picture's values by the input's name: {values: Float32Array or Int32Array, shape}. */
export function valuesOf(inputs, label, drawn) {
  return Object.fromEntries(inputs.map((input) => {
    const { values, shape } = valueOf(input, label, drawn);
    return [input.name, { values: input.dtype === "int32" ? Int32Array.from(values) : values, shape }];
  }));
}

function valueOf(input, label, drawn) {
  const { kind, name, dims } = input;
  if (isVector(input)) {
    const factor = input.scaled ? float(drawn.truncation) : 1;
    return { values: drawn.vectors[name].map((each) => each * factor), shape: [1, ...(dims.length ? dims : [input.width])] };
  }
  if (kind === "category" || kind === "choice") {
    const chosen = kind === "category" ? label : drawn.choices[name];
    if (input.encoding === "index") return { values: Float32Array.of(chosen), shape: [1, ...dims] };
    const values = new Float32Array(input.width);
    values[chosen] = 1;
    return { values, shape: [1, input.width] };
  }
  const number = kind === "truncation" ? drawn.truncation : input.value;
  const own = kind === "truncation" ? [] : dims;
  const shape = input.shape === "scalar" ? own : [1, ...dims];
  return { values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(number), shape };
}
