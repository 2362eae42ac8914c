// Pages with one picture: the front page shows another at every visit, a category's random page one
// of its own, and the links beside a picture lead on in the order in which one came to it.
import { base, hashAt, pageAt, pageOf } from "./files.js";
import { newWalk, orderNamed, walk } from "./orders.js";

const { favourites } = globalThis.nonesuch;
const root = document.documentElement;
const NEXT = "[data-next], a.print";
const BEFORE = "[data-before]";
let current = document.querySelector("main");
let order = null;
let around = {}; // the hashes before and after

const hashShown = () => current.querySelector("[data-heart]")?.dataset.heart;

/** Put a page's picture, with its words and its wall, in the place of what is shown. */
export function swap(page) {
  const isStaged = root.classList.contains("staged"); // by turning.js
  current = page.querySelector("main");
  document.querySelector("main").replaceWith(current);
  root.className = page.documentElement.className;
  root.classList.toggle("staged", isStaged);
  document.title = page.title;
  favourites.show(current);
}

// a page says what is next in its category; of one drawn by a walk or from a category, other things
function sayDrawn(kind) {
  for (const link of current.querySelectorAll("[data-ordered]")) link.hidden = true;
  for (const link of current.querySelectorAll("[data-drawn]")) {
    link.hidden = !["", kind].includes(link.dataset.drawn);
  }
}

// the links around the picture lead along the order, not along its category
async function point() {
  const { place } = order;
  const [before, after] = [order.before(place), order.after(place)];
  around = {
    before: before === null ? null : await order.hashAt(before),
    after: await order.hashAt(after),
  };
  for (const link of current.querySelectorAll(NEXT)) {
    link.href = pageOf(around.after, order.fragment(after));
  }
  for (const link of current.querySelectorAll(BEFORE)) {
    if (before === null) link.remove();
    else link.href = pageOf(around.before, order.fragment(before));
  }
  const up = order.up(place, hashShown());
  const link = current.querySelector("[data-up]");
  if (!up) sayDrawn("walk");
  else if (link) Object.assign(link, { href: up.address, textContent: up.words });
}

async function showHome() {
  const [entry] = performance.getEntriesByType("navigation");
  const left = entry?.type === "back_forward" ? history.state?.walk : null; // as it was
  const asked = new URLSearchParams(location.search).get("walk") ?? left;
  order = (asked && await walk(asked)) || await newWalk();
  history.replaceState({ ...history.state, walk: order.fragment(order.place).slice(5) }, "");
  swap(await pageAt(pageOf(await order.hashAt(order.place))));
  await point();
}

async function showAny() {
  const [first, count] = root.dataset.any.split(" ").map(Number);
  swap(await pageAt(pageOf(await hashAt(first + Math.floor(Math.random() * count)))));
  for (const link of current.querySelectorAll(NEXT)) link.href = location.href;
  for (const link of current.querySelectorAll(BEFORE)) link.remove();
  sayDrawn("any");
}

// the slideshow puts the next page's picture in this one's place, and its address without fragment
async function turned() {
  const here = location.pathname.replace(/index\.html$/, "");
  if (root.dataset.any && here === base + root.dataset.here) return showAny();
  if (!order) return;
  const hash = hashShown();
  if (hash === around.after) order.place = order.after(order.place);
  else if (hash === around.before) order.place = order.before(order.place);
  else return void (order = null);
  history.replaceState(history.state, "", pageOf(hash, order.fragment(order.place)));
  await point();
}

/** Do what the server does for the page that is shown. */
export async function showPicture() {
  new MutationObserver(() => {
    const main = document.querySelector("main");
    if (main === current) return;
    current = main;
    turned().catch(() => {}); // the page's own links lead on
  }).observe(document.body, { childList: true });

  if ([base, `${base}index.html`].includes(location.pathname)) return showHome();
  if (root.dataset.any) return showAny();
  order = await orderNamed(location.hash, Number(root.dataset.number));
  if (order) await point();
}
