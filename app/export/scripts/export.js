// What the server does on the site itself, on one that `flask export-site` wrote. Runs after site.js
// and before the scripts of single pages, which ask `nonesuch` for what a server would answer.
// Without it one walks from page to page by their links.
import { base } from "./files.js";

const { nonesuch } = globalThis;
const root = document.documentElement;
const main = document.querySelector("main");

nonesuch.tilesOf = async (hashes) => (await import("./favourites.js")).tilesOf(hashes);

async function showFavourites() {
  const isShared = main.dataset.favourites === "shared";
  if (isShared) return (await import("./favourites.js")).showShared(main);
  // where earlier exports' links lead
  if (new URLSearchParams(location.search).has("ids")) location.replace(`${base}favourites/shared/${location.search}`);
}

async function leadOn() {
  const { pageOfAddress } = await import("./seed.js");
  const address = pageOfAddress(location.pathname);
  if (address) location.replace(address);
}

async function show() {
  if ("absent" in root.dataset) return leadOn();
  if (main.matches("[data-play]")) return (await import("./game.js")).ask(main);
  if (main.matches("[data-seed]")) return (await import("./seed.js")).showSeed(main);
  if (main.matches("[data-favourites]")) return showFavourites();
  if (main.querySelector("[data-heart]") && main.matches(".room")) return (await import("./pictures.js")).showPicture();
}

try {
  await show();
} catch {
  nonesuch.say("The list of pictures cannot be reached.");
}
root.dataset.ready = "";
