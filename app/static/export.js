// What the server does on the site itself, on one that `flask export-site` wrote: another picture,
// the shuffle (walk.js), favourites. Every picture has its page; without this script one walks
// from page to page by their links.
import { numberAt, readWalk } from "./walk.js";

const root = document.documentElement;
const base = root.dataset.base;
const MOST = 120; // favourites in one link, as in store/queries/gallery.py
const here = () => location.pathname;
const shownHash = (main) => main.querySelector("[data-heart]")?.dataset.heart;
const pageOf = (hash, walk) => `${base}i/${hash}/${walk ? `#walk=${walk}` : ""}`;

const json = async (address) => (await fetch(base + address)).json();
let kept = null;
// what could not be had is asked for again
const index = () => (kept ??= json("pictures/index.json").catch((error) => { kept = null; throw error; }));
const chunks = new Map();

async function hashAt(number) {
  const { chunk } = await index();
  const at = Math.floor(number / chunk);
  if (!chunks.has(at)) {
    chunks.set(at, json(`pictures/${at}.json`).catch((error) => { chunks.delete(at); throw error; }));
  }
  return (await chunks.get(at)).pictures[number % chunk].id;
}

async function pageAt(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

let walk = null; // {first, key, step}, and `start`, the number of the first
let around = {}; // the hashes of the steps before and after
let current = document.querySelector("main");

const named = (step) => `${walk.first}${walk.key.toString(16).padStart(8, "0")}.${step}`;

async function begin(text) {
  walk = readWalk(text);
  if (!walk) return;
  walk.start = null;
  if (walk.first) {
    const page = await pageAt(pageOf(walk.first)).catch(() => null);
    const number = Number(page?.documentElement.dataset.number);
    walk.start = Number.isNaN(number) ? null : number;
  }
}

async function stepHash(step) {
  return hashAt(numberAt(walk.key, step, (await index()).total, walk.start));
}

function swap(page) {
  current = page.querySelector("main");
  document.querySelector("main").replaceWith(current);
  const staged = root.classList.contains("staged"); // by turning.js
  root.className = page.documentElement.className;
  root.classList.toggle("staged", staged);
  document.title = page.title;
  globalThis.nonesuch.favourites.show(current);
}

// the links around the picture lead along the walk, not along its category
async function point() {
  const { step } = walk;
  around = { after: await stepHash(step + 1), before: step ? await stepHash(step - 1) : null };
  const after = pageOf(around.after, named(step + 1));
  for (const link of document.querySelectorAll("[data-next], a.print")) link.href = after;
  for (const link of document.querySelectorAll("[data-before]")) {
    if (step) link.href = pageOf(around.before, named(step - 1));
    else link.remove();
  }
}

async function home() {
  const [entry] = performance.getEntriesByType("navigation");
  const before = entry?.type === "back_forward" ? history.state?.walk : null;
  const key = crypto.getRandomValues(new Uint32Array(1))[0];
  await begin(new URLSearchParams(location.search).get("walk") ?? before ?? `${key.toString(16)}.0`);
  if (!walk) await begin(`${key.toString(16)}.0`);
  history.replaceState({ ...history.state, walk: named(walk.step) }, "");
  swap(await pageAt(pageOf(await stepHash(walk.step))));
  await point();
}

async function any() {
  const [first, count] = root.dataset.any.split(" ").map(Number);
  swap(await pageAt(pageOf(await hashAt(first + Math.floor(Math.random() * count)))));
  for (const link of document.querySelectorAll("[data-next], a.print")) link.href = location.href;
  for (const link of document.querySelectorAll("[data-before]")) link.remove();
}

// the slideshow puts the next page's picture in this one's place
async function turned() {
  if (root.dataset.any && here() === root.dataset.here) return any();
  if (!walk) return;
  const hash = shownHash(current);
  if (hash === around.after) walk.step++;
  else if (hash === around.before) walk.step--;
  else return void (walk = null);
  history.replaceState(history.state, "", pageOf(hash, named(walk.step)));
  await point();
}

new MutationObserver(() => {
  const main = document.querySelector("main");
  if (main === current) return;
  current = main;
  turned().catch(() => {});
}).observe(document.body, { childList: true });

async function favourites(main) {
  const find = (name) => main.querySelector(`[data-${name}]`);
  const { favourites: own, say, share } = globalThis.nonesuch;
  const shared = new URLSearchParams(location.search).get("ids");
  const hashes = (shared === null ? own.all() : shared.split(",")).filter((hash) => /^[0-9a-f]{12}$/.test(hash));
  const wall = find("wall");
  for (let from = 0; from < hashes.length; from += 8) {
    const pages = hashes.slice(from, from + 8).map((hash) => pageAt(pageOf(hash)).catch(() => null));
    for (const page of await Promise.all(pages)) {
      const picture = page?.querySelector(".print img");
      if (!picture) continue;
      const tile = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href: pageOf(shownHash(page)) });
      link.className = `sheet ${page.querySelector(".print").className.replace("print", "")}`.trim();
      picture.loading = "lazy";
      link.append(picture);
      const heart = Object.assign(document.createElement("button"), { type: "button", className: "heart" });
      heart.dataset.heart = shownHash(page);
      heart.append(Object.assign(document.createElement("span"), { className: "unseen", textContent: "Favourite" }));
      tile.append(link, heart);
      wall.append(tile);
    }
  }
  const n = wall.children.length;
  find("count").textContent = `${n} ${n === 1 ? "picture" : "pictures"}`;
  if (n) find("words").textContent = shared === null ? "Kept in this browser and nowhere else." : "Somebody kept these.";
  own.show(main);
  const link = (kept) => `${base}favourites/?ids=${kept.join(",")}`;
  for (const name of ["share-all", "forget-all"]) if (find(name)) find(name).hidden = shared !== null || !n;
  find("tools")?.addEventListener("click", (event) => {
    if (event.target.matches("[data-share-all]")) share(link(own.all().slice(0, MOST)));
    else if (event.target.matches("[data-forget-all]") && confirm("Forget all favourites?")) {
      own.keep([]);
      location.reload();
    }
  });
}

const asked = /^#walk=(.+)$/.exec(location.hash);
try {
  if (current.matches("[data-favourites]")) await favourites(current);
  else if (here() === base) await home();
  else if (root.dataset.any) await any();
  else if (asked) {
    await begin(asked[1]);
    if (walk) await point();
  }
} catch {
  // what the page says by itself stays
}
root.dataset.ready = "";
