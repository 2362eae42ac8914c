// Of a site that is opened as files, without a server: browsers let no page read another then, nor
// load a module. Links, pictures and hearts work; what needs more says so.
"use strict";

if (location.protocol === "file:") {
  const without = "[data-stage], [data-slides], [data-offer]";
  for (const each of document.querySelectorAll(without)) each.hidden = true;
  const line = document.querySelector("[data-play] [data-said], [data-seed] [data-said], [data-words]");
  if (line) {
    line.textContent = "This takes a server, as browsers let files read no others. In the folder of this "
      + "site: python3 -m http.server";
  }
}
