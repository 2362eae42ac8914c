// A live picture that the site was too busy to make is asked for again, a little later each time.
"use strict";

const MOST_TRIES = 6;

for (const picture of document.querySelectorAll(".live img")) {
  const address = picture.getAttribute("src");
  let tries = 0;
  const again = () => {
    if (tries === MOST_TRIES) return;
    tries += 1;
    setTimeout(() => { picture.src = `${address}&try=${tries}`; }, 300 * 2 ** tries * (0.5 + Math.random()));
  };
  picture.addEventListener("error", again);
  if (picture.complete && picture.naturalWidth === 0) again(); // it failed before this script ran
}
