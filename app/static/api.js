// Asks the API from its own page. Without this file the forms lead to the answers themselves.
"use strict";

const SHOWN = ["content-type", "cache-control", "etag", "link", "ratelimit", "ratelimit-policy", "retry-after"];

function addressOf(form) {
  const address = form.dataset.template.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(form.querySelector(`[data-path="${name}"]`).value));
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") query.append(name, value);
  }
  return query.size ? `${address}?${query}` : address;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function picture(address, alternative) {
  return element("img", "", { src: address, alt: alternative, loading: "lazy" });
}

function request(address) {
  const line = element("p", "", { class: "request" });
  line.append("GET ", element("a", new URL(address, location).href, { href: address }));
  return line;
}

async function json(address, output) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  const text = await answer.text();
  const headers = SHOWN.filter((name) => answer.headers.has(name))
    .map((name) => `${name}: ${answer.headers.get(name)}`);
  let body = text;
  const row = element("p", "", { class: "thumbnails" });
  try {
    const found = JSON.parse(text);
    body = JSON.stringify(found, null, 2);
    for (const image of (found.images ?? (found.sizes ? [found] : [])).slice(0, 24)) {
      row.append(picture(image.sizes["128"], image.alt));
    }
  } catch {
    // not JSON: shown as it came
  }
  const pre = element("pre", `${answer.status} ${answer.statusText}\n${headers.join("\n")}\n\n${body}`,
    { tabindex: "0", "aria-label": "Answer" });
  output.replaceChildren(request(address), row, pre);
}

async function image(address, output) {
  const answer = await fetch(address);
  if (!answer.ok) {
    await json(address, output);
    return;
  }
  // the picture that was led to: asked for again, /random would give another
  const line = element("p", `${answer.status} `, { class: "request" });
  line.append(element("a", new URL(answer.url).pathname, { href: answer.url }));
  output.replaceChildren(request(address), line, picture(answer.url, "The picture at this address"));
}

for (const form of document.querySelectorAll("form[data-template]")) {
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = addressOf(form);
    output.hidden = false;
    output.setAttribute("aria-busy", "true");
    try {
      await (form.dataset.answer === "json" ? json : image)(address, output);
    } catch (error) {
      output.replaceChildren(request(address), element("p", String(error)));
    }
    output.removeAttribute("aria-busy");
  });
}
