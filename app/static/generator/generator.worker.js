// The worker: loads a generator and draws what the page asks for, so that the page never waits.
//
//   {ask: "load", id, description}           → {id, done: {model, backend, categories, truncation}}
//   {ask: "graphics", id}                    → {id, done: {backend}}: the graphics card, if it is better
//   {ask: "draw", id, wish, size}            → {id, done: {wish, name, bitmap, seconds}}
//   {ask: "next", id, category, truncation}  → the same, of a picture that nobody has seen
//   {ask: "leg", id, wish}                   → {id, done: {wish}}: from here towards another seed
//
// Meanwhile {loaded, total}, in bytes; {id, failed: a word for what went wrong, message}.
import { Choosing } from "./choosing.js";
import { crisp } from "../drawing/crisp.js";
import { wordFor } from "./failures.js";
import { openGenerator } from "./generator.js";

const MOST_LEGS = 200; // seeds tried for one of the same style
let description = null;
let choosing = null;
let generator = null;
let last = Promise.resolve(); // one thing after the other

const answers = {
  async load({ description: address }) {
    const base = new URL(address, location.href).href;
    const answer = await fetch(base);
    if (!answer.ok) throw new Error(`${base}: ${answer.status}`);
    description = await answer.json();
    choosing = new Choosing(description);
    generator = await openGenerator(description, base, (loaded, total) => postMessage({ loaded, total }));
    const { model, categories, truncation } = description;
    const listed = categories.map(({ slug, name, hidden }) => ({ slug, name, hidden }));
    return { model, backend: generator.backend, categories: listed, truncation };
  },
  async graphics() {
    await generator.tryGraphicsCard();
    return { backend: generator.backend };
  },
  draw: ({ wish, size }) => drawn(wish, size),
  next: ({ category, truncation }) => drawn(choosing.unseen(category, truncation)),
  async leg({ wish }) {
    const { truncations } = choosing.completed(wish);
    const { choices } = generator.drawn({ ...wish, towards: null }, truncations);
    let found;
    for (let i = 0; i < MOST_LEGS; i++) {
      found = choosing.unseen(wish.category, wish.truncation);
      const other = generator.drawn({ ...found, towards: null }, truncations).choices;
      if (Object.entries(choices).every(([name, value]) => other[name] === value)) break;
    }
    return { wish: { ...wish, towards: found.seed, share: 0 } };
  },
};

async function drawn(wished, size) {
  const began = performance.now();
  const completed = choosing.completed(wished);
  const levels = await generator.levels(completed);
  const { finish, size_px: side } = description;
  const whole = size ?? finish?.size_px ?? side;
  const pixels = finish ? crisp(levels, side, whole, finish.parameters) : opaque(levels);
  const width = finish ? whole : side;
  const bitmap = await createImageBitmap(new ImageData(pixels, width, width));
  const { wish, name } = completed;
  return { wish, name, bitmap, seconds: (performance.now() - began) / 1000 };
}

const opaque = (levels) => Uint8ClampedArray.from({ length: levels.length / 3 * 4 }, (_, i) =>
  (i % 4 === 3 ? 255 : levels[3 * (i >> 2) + (i % 4)]));

onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      const done = await answers[data.ask](data);
      postMessage({ id: data.id, done }, done.bitmap ? [done.bitmap] : []);
    } catch (error) {
      postMessage({ id: data.id, failed: wordFor(error), message: String(error?.message ?? error) });
    }
  });
};
