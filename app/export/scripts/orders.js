// What hangs before and after a picture: the steps of a shuffle, or the places of the gallery. An
// order is {place, fragment(place), hashAt(place), before(place), after(place), up(place, hash)};
// before is null at the beginning, up is null where an order has no wall. Its fragment, behind the
// address of a picture, says that one looks through the pictures in it.
import { base, hashAt, index, numberOf } from "./files.js";
import { numberAt, permute, placeOf, readWalk } from "./walk.js";

const GALLERY_KEY = 0x6e6f6e65; // as in store/queries/gallery.py

/** The shuffle that `<seed>.<step>` names, at that step; null where it names none. */
export async function walk(text) {
  const found = readWalk(text);
  if (!found) return null;
  const { total } = await index();
  const { first, key } = found;
  const start = first ? await numberOf(first) : null;
  const seed = first ? `${first}${key.toString(16).padStart(8, "0")}` : key.toString(16);
  return {
    place: found.step,
    fragment: (step) => `walk=${seed}.${step}`,
    hashAt: (step) => hashAt(numberAt(key, step, total, start)),
    before: (step) => (step ? step - 1 : null),
    after: (step) => step + 1,
    up: () => null,
  };
}

/** A shuffle that nobody has seen. */
export const newWalk = () => walk(`${crypto.getRandomValues(new Uint32Array(1))[0].toString(16)}.0`);

/** The gallery, at the place of the picture with a number. */
async function gallery(number) {
  const { total, page } = await index();
  return {
    place: placeOf(GALLERY_KEY, number, total),
    fragment: () => "in=gallery",
    hashAt: (place) => hashAt(permute(GALLERY_KEY, place, total)),
    before: (place) => (place + total - 1) % total,
    after: (place) => (place + 1) % total,
    up(place, hash) {
      const n = Math.floor(place / page) + 1;
      const words = `${(place + 1).toLocaleString("en")} of ${total.toLocaleString("en")} in the gallery`;
      return { address: `${base}gallery/${n > 1 ? `${n}/` : ""}#p${hash}`, words };
    },
  };
}

/** The order that a picture's address names, for the picture with a number; null for its category,
 * whose neighbours its page names by itself. */
export async function orderNamed(fragment, number) {
  const [, name, value] = /^#(walk|in)=(.+)$/.exec(fragment) ?? [];
  if (name === "walk") return walk(value);
  return name === "in" && value === "gallery" ? gallery(number) : null;
}
