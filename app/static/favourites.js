// Shows what this browser keeps: the page that a link with these pictures has is fetched, and its
// wall shown here.
"use strict";

(() => {
  const main = document.querySelector("[data-favourites]");
  const most = Number(main.dataset.most);
  const { nonesuch } = globalThis;
  const { favourites, say, share } = nonesuch;
  const find = (name) => main.querySelector(`[data-${name}]`);
  const linkTo = (hashes) => main.dataset.link + hashes.join(",");

  // the tiles of what is there of these; on a site of files a script that came before has its own way
  const tilesFromServer = async (hashes) => {
    const tiles = [];
    for (let i = 0; i < hashes.length; i += most) {
      const answer = await fetch(linkTo(hashes.slice(i, i + most)), { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      tiles.push(...page.querySelectorAll("[data-wall] li"));
    }
    return tiles;
  };

  const showOwn = async () => {
    const kept = favourites.all();
    if (!kept.length) return;
    const tiles = await (nonesuch.tilesOf ?? tilesFromServer)(kept);
    find("wall").replaceChildren(...tiles);
    find("count").textContent = `${tiles.length} ${tiles.length === 1 ? "picture" : "pictures"}`;
    const gone = kept.length - tiles.length;
    find("words").textContent = `Kept in this browser and nowhere else.${
      gone ? ` ${gone} of them ${gone === 1 ? "does" : "do"} not exist any more.` : ""}`;
    find("look")?.remove();
    find("share-all").hidden = find("forget-all").hidden = false;
    favourites.show(main);
  };

  if (main.dataset.favourites === "own") {
    const show = () => showOwn().catch(() => say("The pictures cannot be reached."));
    show();
    addEventListener("pageshow", (event) => { if (event.persisted) show(); }); // as it was left
  }

  find("tools").addEventListener("click", (event) => {
    if (event.target.matches("[data-keep-all]")) {
      const theirs = [...main.querySelectorAll("[data-heart]")].map((heart) => heart.dataset.heart);
      if (favourites.keep([...theirs, ...favourites.all()])) say("Kept.");
      favourites.show();
    } else if (event.target.matches("[data-share-all]")) {
      const kept = favourites.all();
      share(linkTo(kept.slice(0, most))).then(() => {
        if (kept.length > most) say(`A link holds ${most}: the last ones kept.`);
      });
    } else if (event.target.matches("[data-forget-all]") && confirm("Clear all favourites?")) {
      favourites.keep([]);
      location.reload();
    }
  });
})();
