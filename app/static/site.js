// The space bar shows another; without this script the link beside the picture does.
"use strict";

const next = document.querySelector("[data-next]");
const typing = "input, textarea, select, button, summary, [contenteditable]";

addEventListener("keydown", (event) => {
  const plain = !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
  if (event.key === " " && plain && next && !event.target.closest(typing)) {
    event.preventDefault(); // the page would scroll
    next.click();
  }
});
