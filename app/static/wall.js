// A wall goes on as one scrolls: the next page is fetched from its own address and hung below, and
// the address shown is that of the page one looks at. Without this script the links do it.
"use strict";

(() => {
  const AHEAD = "1200px 0px";
  const pager = document.querySelector("[data-pager]");
  const status = document.querySelector("[data-status]");
  const first = document.querySelector("[data-wall]");
  if (!pager || !first) return;

  const addresses = new Map([[first, location.pathname + location.search]]);
  let last = first;
  let loading = false;

  const loadNext = async () => {
    const after = pager.querySelector("[data-after]");
    if (!after || loading) return;
    loading = true;
    try {
      const answer = await fetch(after.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = await globalThis.nonesuch.pageIn(answer);
      const wall = page.querySelector("[data-wall]");
      for (const tile of wall.querySelectorAll("li")) {
        if (document.getElementById(tile.id)) tile.remove(); // it moved while one looked
      }
      addresses.set(wall, after.pathname + after.search);
      last.after(wall);
      last = wall;
      looked.observe(wall);
      pager.replaceChildren(...page.querySelector("[data-pager]").childNodes);
      globalThis.nonesuch.favourites.show(wall);
      status.textContent = pager.querySelector("span").textContent;
    } catch {
      near.disconnect(); // the link stays, and leads there
      return;
    } finally {
      loading = false;
    }
    near.unobserve(pager);
    near.observe(pager); // it may still be in sight
  };

  const near = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && loadNext(),
    { rootMargin: AHEAD },
  );
  near.observe(pager);

  // which page is in the middle of the window
  const looked = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const address = addresses.get(target);
        if (isIntersecting && address !== location.pathname + location.search) {
          history.replaceState(history.state, "", address);
        }
      }
    },
    { rootMargin: "-50% 0px" },
  );
  looked.observe(first);

  // who comes back finds the picture that was opened, even where the page had to be loaded anew
  addEventListener("click", (event) => {
    const tile = event.target.closest("[data-wall] a")?.closest("li");
    if (tile) history.replaceState(history.state, "", `${addresses.get(tile.parentElement)}#${tile.id}`);
  });
})();
