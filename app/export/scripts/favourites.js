// Favourites by their hashes: each hangs on a page of its category, from which it is taken.
import { base, index, numberOf, pageAt } from "./files.js";

const { favourites } = globalThis.nonesuch;
const AT_ONCE = 8;

async function pageOfTile(hash) {
  const [{ categories, page }, number] = [await index(), await numberOf(hash)];
  if (number === null) return null; // it was removed
  const { slug, first } = categories.findLast((category) => category.first <= number);
  const n = Math.floor((number - first) / page) + 1;
  return `${base}c/${slug}/${n > 1 ? `${n}/` : ""}`;
}

/** The tiles of these pictures, in their order, less those that are not there. */
export async function tilesOf(hashes) {
  const addresses = await Promise.all(hashes.map(pageOfTile));
  const pages = new Map();
  const wanted = [...new Set(addresses)].filter(Boolean);
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    await Promise.all(wanted.slice(from, from + AT_ONCE).map(async (address) => {
      pages.set(address, await pageAt(address));
    }));
  }
  return hashes.map((hash, i) => pages.get(addresses[i])?.getElementById(`p${hash}`)).filter(Boolean);
}

/** Show what a link names, as the server's page of it does. */
export async function showShared(main) {
  const asked = new URLSearchParams(location.search).get("ids") ?? "";
  const hashes = [...new Set(asked.split(",").filter((hash) => /^[0-9a-f]{12}$/.test(hash)))];
  const find = (name) => main.querySelector(`[data-${name}]`);
  const tiles = await tilesOf(hashes.slice(0, Number(main.dataset.most)));
  find("wall").replaceChildren(...tiles);
  find("count").textContent = `${tiles.length} ${tiles.length === 1 ? "picture" : "pictures"}`;
  const gone = hashes.length - tiles.length;
  if (tiles.length) {
    find("words").textContent = `A friend likes these. None of them exists${
      gone ? `, and ${gone} ${gone === 1 ? "has" : "have"} since been removed` : ""}.`;
    find("look")?.remove();
    find("keep-all").hidden = false;
  } else {
    find("words").textContent = gone
      ? `They liked ${gone}, and not one is here any more.`
      : "This link names no picture.";
  }
  favourites.show(main);
}
