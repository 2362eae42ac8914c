// /live where visitors invent pictures themselves: a tap, or a connection that costs nothing, loads
// the generator into a worker. Until it is there, and where it fails, the page is what it was.
import { wordFor } from "../generator/failures.js";
import { isMetered } from "./metered.js";
import { readWish } from "./wishes.js";
import { mayTryAgain, sentenceFor } from "./words.js";

const root = document.querySelector("[data-live]");
const find = (name) => root.querySelector(`[data-${name}]`);
const [offer, start, ring, said] = ["offer", "start", "ring", "failed"].map(find);
const wished = () => readWish(location.hash.slice(1)); // what a link is about
let client = null;
let open = null; // an AbortController of the room

function showProgress(loaded, total) {
  const percent = Math.min(100, Math.round(100 * loaded / total));
  ring.setAttribute("aria-valuenow", percent);
  ring.querySelector("[data-come]").setAttribute("stroke-dasharray", `${percent} 100`);
  ring.querySelector("[data-percent]").textContent = percent < 100 ? `${percent} %` : "Waking it up …";
}

// either the ten pictures, or the room; the space bar presses what leads on there
function showRoom(isShown) {
  find("ten").hidden = isShown;
  find("inventing").hidden = !isShown;
  find("another").toggleAttribute("data-next", isShown);
  find("others")?.toggleAttribute("data-next", !isShown);
}

async function begin() {
  said.textContent = "";
  start.hidden = true;
  ring.hidden = false;
  root.dataset.state = "loading";
  showProgress(0, 1);
  open = new AbortController();
  const { signal } = open;
  try {
    // not before: most visitors look at the ten pictures
    const [{ Client }, { openRoom }] = await Promise.all([import("./client.js"), import("./room.js")]);
    client = new Client(showProgress);
    const about = await client.ask({ ask: "load", description: new URL(root.dataset.live, location.href).href });
    await openRoom({ root, client, about, wished: wished(), fail, signal });
    showRoom(true);
    root.dataset.state = "ready";
    root.dataset.backend = (await client.ask({ ask: "graphics" })).backend;
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

// one state for all that can go wrong: the pictures below go on
function fail(error) {
  const word = wordFor(error);
  open.abort();
  client?.end();
  client = null;
  showRoom(false);
  ring.hidden = true;
  start.hidden = !mayTryAgain(word);
  said.textContent = sentenceFor(word);
  root.dataset.state = word;
  console.warn(error);
}

if (typeof Worker === "undefined" || typeof WebAssembly === "undefined") {
  offer.hidden = true;
  root.dataset.state = "unable";
} else {
  if (wished()) start.textContent = "Invent the one you came for";
  start.addEventListener("click", begin);
  root.dataset.state = "offered";
  if (!isMetered()) {
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    const soon = () => idle(() => root.dataset.state === "offered" && begin());
    if (document.readyState === "complete") soon();
    else addEventListener("load", soon);
  }
}
