// Keys, favourites and sharing. Without this script the links beside the picture do the first, and
// the address of a picture the last.
"use strict";

(() => {
  const MOST = 1000;
  const { kept } = globalThis.nonesuch;
  const typing = "input, textarea, select, [contenteditable]";
  const pressing = "button, summary"; // the space bar is theirs, arrows are not
  const links = { " ": "[data-next]", ArrowRight: "[data-next]", ArrowLeft: "[data-before]" };

  addEventListener("keydown", (event) => {
    const plain = !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    const link = plain && links[event.key] && document.querySelector(links[event.key]);
    const theirs = event.key === " " ? `${typing}, ${pressing}` : typing;
    if (!link || event.target.closest?.(theirs)) return;
    event.preventDefault(); // the page would scroll
    link.click();
  });

  // a word that comes and goes, and is read out
  let word;
  const say = (text) => {
    word?.remove();
    word = Object.assign(document.createElement("p"), { className: "word" });
    word.setAttribute("role", "status");
    document.body.append(word);
    word.textContent = text;
    const shown = word;
    setTimeout(() => shown.remove(), 4000);
  };

  const favourites = {
    all() {
      const hashes = kept.read("favourites", []);
      return Array.isArray(hashes) ? hashes.filter((hash) => /^[0-9a-f]{12}$/.test(hash)) : [];
    },
    keep(hashes) {
      const isKept = kept.write("favourites", [...new Set(hashes)].slice(0, MOST));
      if (!isKept) say("This browser keeps nothing.");
      return isKept;
    },
    show(root = document) {
      const all = new Set(this.all());
      for (const heart of root.querySelectorAll("[data-heart]")) {
        heart.setAttribute("aria-pressed", all.has(heart.dataset.heart));
      }
    },
  };

  // where the site counts hearts: which picture, and nothing of who
  const count = (picture, isNew) => {
    const { likes } = document.documentElement.dataset;
    if (likes) navigator.sendBeacon(likes, new URLSearchParams({ picture, act: isNew ? "like" : "unlike" }));
  };

  /** Return the page of an answer. Links of a site of files may be relative to each page; they are
   * made whole, since parts of a page are hung into another. */
  const pageIn = async (answer) => {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.documentElement.dataset.base?.startsWith(".")) {
      for (const name of ["href", "src", "srcset", "action", "data-share", "data-link"]) {
        for (const each of page.querySelectorAll(`[${name}]`)) {
          each.setAttribute(name, new URL(each.getAttribute(name), answer.url).href);
        }
      }
    }
    return page;
  };

  const share = async (address) => {
    const url = new URL(address, location.href).href;
    try {
      if (navigator.share && matchMedia("(pointer: coarse)").matches) {
        await navigator.share({ title: document.title, url });
      } else {
        await navigator.clipboard.writeText(url);
        say("Link copied.");
      }
    } catch (error) {
      if (error.name !== "AbortError") prompt("The link:", url);
    }
  };

  addEventListener("click", (event) => {
    const heart = event.target.closest("[data-heart]");
    if (heart) {
      const hash = heart.dataset.heart;
      const all = favourites.all();
      const without = all.filter((other) => other !== hash);
      const isNew = without.length === all.length;
      favourites.keep(isNew ? [hash, ...all] : without);
      count(hash, isNew);
      favourites.show();
    }
    const shared = event.target.closest("[data-share]");
    if (shared) share(shared.dataset.share);
  });
  addEventListener("storage", () => favourites.show());
  addEventListener("pageshow", () => favourites.show()); // also when it comes back as it was
  favourites.show();

  Object.assign(globalThis.nonesuch, { favourites, pageIn, say, share });
})();
