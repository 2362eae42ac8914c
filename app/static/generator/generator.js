// A model on LiteRT: on WebAssembly first, which every browser has, and then on the graphics card
// where that draws the same pictures more quickly.
import { between, draw, valuesOf } from "../drawing/draws.js";
import { OtherRuntime } from "./failures.js";
import { forgetBut, load, unpacked } from "./loading.js";
import { toLevels } from "../drawing/pixels.js";

const SAME = 2; // of 255: what pictures of two runtimes may differ by
const TRIED = [1, 2, 3]; // seeds
const RUNTIME_PARTS = ["loadLiteRt", "loadAndCompile", "Tensor"];

/** A generator of the model that a description describes; `base`: the description's address. */
export async function openGenerator(description, base, progress) {
  const there = (file) => ({ ...file, address: new URL(file.address, base).href });
  const { core, program: packed, version } = description.runtime;
  const [program, weights] = [there(packed), there(description.file)];
  const came = new Map([[program, 0], [weights, 0]]);
  const get = (file) => load(file, (bytes) => {
    came.set(file, bytes);
    progress([...came.values()].reduce((a, b) => a + b), program.bytes + weights.bytes);
  });
  const [litert, binary, model] = await Promise.all([
    import(there(core).address),
    get(program).then(unpacked),
    get(weights),
  ]);
  if (RUNTIME_PARTS.some((part) => !(part in litert))) throw new OtherRuntime(`the runtime is not ${version}`);
  const quiet = () => {}; // it tells each step of its start
  self.Module = { wasmBinary: binary, print: quiet, printErr: quiet }; // what the runtime is started with
  await litert.loadLiteRt("litert.js");
  delete self.Module;
  await forgetBut([program.address, weights.address]);
  return new Generator(litert, await litert.loadAndCompile(model, { accelerator: "wasm" }), model, description);
}

class Generator {
  #litert;
  #compiled;
  #model;
  #description;
  backend = "wasm";

  constructor(litert, compiled, model, description) {
    this.#litert = litert;
    this.#compiled = compiled;
    this.#model = model;
    this.#description = description;
  }

  /** uint8 [N, N, 3] of a completed wish: what the model draws, before any finish. */
  async levels({ wish, label, truncations }) {
    return this.#run(this.#compiled, label, this.drawn(wish, truncations));
  }

  /** What a wish's seeds decide. */
  drawn({ seed, towards, share }, truncations) {
    const { inputs } = this.#description;
    const start = draw(inputs, seed, truncations);
    return towards === null ? start : between(inputs, start, draw(inputs, towards, truncations), share);
  }

  async #run(compiled, label, drawn) {
    const { inputs, output, signature, size_px: size, channels } = this.#description;
    const tensors = {};
    let results = {};
    try {
      for (const [name, { values, shape }] of Object.entries(valuesOf(inputs, label, drawn))) {
        tensors[name] = new this.#litert.Tensor(values, shape);
      }
      results = await compiled.run(signature, tensors);
      return toLevels(await results[output.name].data(), output, size, channels);
    } finally {
      for (const tensor of [...Object.values(tensors), ...Object.values(results)]) tensor.delete();
    }
  }

  /** Change to the graphics card where it draws the same and is quicker. */
  async tryGraphicsCard() {
    const model = this.#model;
    this.#model = null;
    if (!globalThis.navigator?.gpu || !model) return;
    let other;
    try {
      other = await this.#litert.loadAndCompile(model, { accelerator: "webgpu" });
      const [{ label, truncations }] = this.#description.categories;
      let [here, there] = [0, 0];
      for (const seed of TRIED) {
        const drawn = draw(this.#description.inputs, seed, truncations);
        const began = performance.now();
        const expected = await this.#run(this.#compiled, label, drawn);
        const half = performance.now();
        const found = await this.#run(other, label, drawn);
        if (expected.some((level, i) => Math.abs(level - found[i]) > SAME)) throw new Error("it draws others");
        here = half - began;
        there = performance.now() - half; // of the last: the first compiles shaders
      }
      if (there >= here) throw new Error("it is slower");
      this.#compiled.delete();
      this.#compiled = other;
      this.backend = "webgpu";
    } catch {
      other?.delete?.();
    }
  }
}
