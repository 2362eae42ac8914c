// Which pictures may be drawn, and which come next: what a model's description allows.
import { crc32 } from "./checksum.js";
import { NotThere } from "./failures.js";

const MOST_DRAWS = 64; // of seeds, where all so far were removed
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0];
const any = (list) => list[anySeed() % list.length];

export class Choosing {
  #left = new Map(); // slug → places of chosen seeds that were not shown yet
  #categories;
  #model;
  #withheld;

  constructor(description) {
    this.#categories = new Map(description.categories.map((each) => [each.slug, each]));
    this.#model = description;
    this.#withheld = new Set(description.withheld);
  }

  /** The wish with all that it leaves open, and {label, name, truncations}. Throws `NotThere`. */
  completed(wish) {
    const { drawn_from: drawnFrom, truncation: limits } = this.#model;
    const slug = wish.category ?? drawnFrom[crc32(String(wish.seed)) % drawnFrom.length];
    const category = this.#categories.get(slug);
    if (!category) throw new NotThere("the generator knows no such category");
    if ([wish.seed, wish.towards].some((seed) => seed !== null && this.#isWithheld(slug, seed))) {
      throw new NotThere("this picture was removed");
    }
    let { truncation } = wish;
    if (truncation !== null) truncation = Math.min(Math.max(truncation, limits.lowest), limits.highest);
    const truncations = truncation === null ? category.truncations : [truncation, truncation];
    return { wish: { ...wish, category: slug, truncation }, label: category.label, name: category.name, truncations };
  }

  /** A wish for a picture that nobody has seen here: a chosen seed while there are some. */
  unseen(category, truncation) {
    const shown = [...this.#categories.values()].filter((each) => !each.hidden);
    const { slug, chosen } = this.#categories.get(category) ?? any(shown.length ? shown : [...this.#categories.values()]);
    if (!this.#left.has(slug)) this.#left.set(slug, chosen.map((_, i) => i));
    const left = this.#left.get(slug);
    for (let i = 0; i < MOST_DRAWS; i++) {
      const at = anySeed() % Math.max(left.length, 1);
      const [index] = left.splice(at, 1);
      const [seed, steps] = index === undefined ? [anySeed(), null] : chosen[index];
      if (this.#isWithheld(slug, seed)) continue;
      const own = steps === null ? null : steps / 50;
      return { category: slug, seed, truncation: truncation ?? own, towards: null, share: null };
    }
    throw new NotThere("everything of this kind was removed");
  }

  #isWithheld(slug, seed) {
    return this.#withheld.has(crc32(`${slug} ${seed}`));
  }
}
