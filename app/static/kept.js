// What this browser keeps, kept for this site alone. All sites of one origin share localStorage and
// caches, as `user.github.io/a/` and `user.github.io/b/` do, so names begin with the path below
// which a site lies. At the root of its host a site has the names that it always had.
"use strict";

(() => {
  const { pathname: base } = new URL(document.documentElement.dataset.base ?? "/", location.href);
  const place = base === "/" ? "" : base;

  const kept = {
    /** This site's own name for something: a key of localStorage, a cache, a channel. */
    named: (name) => `nonesuch${place}.${name}`,

    /** Return what was kept under a name; `otherwise` where nothing was, or nothing can be. */
    read(name, otherwise) {
      try {
        return JSON.parse(localStorage.getItem(kept.named(name))) ?? otherwise;
      } catch {
        return otherwise; // nothing may be kept here, or something else wrote this
      }
    },

    /** Keep a value that JSON can hold; say whether it was kept. */
    write(name, value) {
      try {
        localStorage.setItem(kept.named(name), JSON.stringify(value));
        return true;
      } catch {
        return false;
      }
    },
  };

  globalThis.nonesuch = { base, kept };
})();
