// What `flask export-site` wrote, fetched as it is needed and once: the lists of pictures in
// pictures/, and the pages. A picture has a number, as in the shuffle, and a hash, as in addresses.
import { placeOfHash } from "./ring.js";

export const { base } = globalThis.nonesuch;
const asked = new Map();

// what could not be had is asked for again
function once(name, read) {
  if (!asked.has(name)) {
    const answer = fetch(base + name).then((found) => {
      if (!found.ok) throw new Error(`${name}: ${found.status}`);
      return read(found);
    });
    asked.set(name, answer);
    answer.catch(() => asked.delete(name));
  }
  return asked.get(name);
}
const json = (name) => once(name, (answer) => answer.json());

/** The list: {total, chunk, page, points, categories: [{slug, name, said, pictures, first}]}. */
export const index = () => json("pictures/index.json");

/** The hash of the picture with a number. */
export async function hashAt(number) {
  const { chunk } = await index();
  const { pictures } = await json(`pictures/${Math.floor(number / chunk)}.json`);
  return pictures[number % chunk].id;
}

/** Where all pictures lie on the ring of ring.js, in its order, and the number of each:
 * {points: BigUint64Array, numbers: Uint32Array}. */
export async function ring() {
  const { total, points } = await index();
  const data = await once(points, (answer) => answer.arrayBuffer());
  if (data.byteLength !== 12 * total) throw new Error(`${points} is not whole`);
  return { points: new BigUint64Array(data, 0, total), numbers: new Uint32Array(data, 8 * total, total) };
}

/** The number of the picture with a hash; null where there is none. */
export async function numberOf(hash) {
  const { points, numbers } = await ring();
  const place = placeOfHash(hash, points);
  return place === null ? null : numbers[place];
}

/** The page at an address, as a document that nothing is loaded for. */
export async function pageAt(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return globalThis.nonesuch.pageIn(answer);
}

/** The address of a picture's page; `fragment` says in which order one looks through it. */
export const pageOf = (hash, fragment = "") => `${base}i/${hash}/${fragment ? `#${fragment}` : ""}`;
