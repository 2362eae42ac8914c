// The page of a text's picture. `/seed/<text>`, which no file can answer, leads to it where the host
// shows 404.html.
import { base, index, pageAt, pageOf, ring } from "./files.js";
import { BadText, hashOfPoint, normalText, pointOfText } from "./ring.js";

const { favourites } = globalThis.nonesuch;
const ASKED = /^(?:c\/([^/]+)\/)?seed\/([^/]+)(?:\/[^/]*)?$/;
const FORMAT = /\.(?:webp|avif|png|jpe?g)$/i;

/** Where the picture is shown that an address of the server's stands for; null for other addresses. */
export function pageOfAddress(pathname) {
  const [, slug, text] = ASKED.exec(pathname.slice(base.length)) ?? [];
  if (!text) return null;
  const asked = new URLSearchParams();
  try {
    asked.set("text", decodeURIComponent(text).replace(FORMAT, ""));
    if (slug) asked.set("category", decodeURIComponent(slug));
  } catch {
    return null; // no UTF-8
  }
  return `${base}seed/?${asked}`;
}

async function hashOfText(text, slug) {
  const normal = normalText(text);
  const { points, numbers } = await ring();
  if (!slug) return hashOfPoint(pointOfText(normal, points));
  const category = (await index()).categories.find((each) => each.slug === slug);
  if (!category) throw new BadText(`There is no category ${slug}.`);
  const { first, pictures } = category;
  const own = points.filter((_, place) => numbers[place] >= first && numbers[place] < first + pictures);
  return hashOfPoint(pointOfText(normal, own));
}

function show(main, page, hash) {
  const print = page.querySelector(".print");
  print.href = pageOf(hash);
  print.querySelector(".unseen").textContent = "This picture";
  main.querySelector(".print").replaceWith(print);
  main.querySelector("h1").replaceWith(page.querySelector("h1"));
  main.querySelector(".number").textContent = `No. ${hash}`;
  main.querySelector("[data-picture]").href = pageOf(hash);
  main.querySelector("[data-heart]").dataset.heart = hash;
  main.querySelector("[data-share]").dataset.share = location.href;
  for (const hidden of main.querySelectorAll("[data-found]")) hidden.hidden = false;
  document.documentElement.className = page.documentElement.className;
  document.title = page.title;
  favourites.show(main);
}

/** Show the picture of the text that the page's address names. */
export async function showSeed(main) {
  const asked = new URLSearchParams(location.search);
  const text = asked.get("text");
  if (text === null) return;
  const said = main.querySelector("[data-said]");
  main.querySelector("[name=text]").value = text;
  try {
    const hash = await hashOfText(text, asked.get("category"));
    show(main, await pageAt(pageOf(hash)), hash);
    said.textContent = said.dataset.same;
  } catch (error) {
    said.textContent = error instanceof BadText ? error.message : "The pictures cannot be reached.";
  }
}
