// A round of the game, which a server would draw and judge. The page holds neither the answer nor an
// address that tells it: the picture is shown from memory. Only who reads this script's variables or
// what the browser fetched knows more than who looks.
import { hashAt, index, pageAt, pageOf } from "./files.js";

const CHOICES = 4;

function drawn(list) {
  const left = [...list];
  for (let i = left.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [left[i], left[j]] = [left[j], left[i]];
  }
  return left;
}

// every category is as likely, whatever it holds; two may have one name
function drawRound(categories) {
  const names = new Set();
  const choices = drawn(categories).filter(({ name }) => {
    const isNew = !names.has(name.toLowerCase());
    names.add(name.toLowerCase());
    return isNew;
  }).slice(0, CHOICES);
  return { truth: choices[0], choices: drawn(choices) };
}

async function inMemory(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return URL.createObjectURL(await answer.blob());
}

async function showPicture(main, page) {
  const theirs = page.querySelector(".print img");
  const image = Object.assign(new Image(theirs.width, theirs.height), {
    src: await inMemory(theirs.src),
    alt: "A generated picture of one of the choices.",
  });
  const print = main.querySelector(".print");
  print.className = page.querySelector(".print").className;
  print.replaceChildren(image);
  document.documentElement.className = page.documentElement.className;
}

function showChoices(main, choices) {
  const group = main.querySelector(".choices");
  group.replaceChildren(...choices.map(({ slug, name }, i) => {
    const key = Object.assign(document.createElement("kbd"), { textContent: i + 1 });
    key.setAttribute("aria-hidden", "true");
    const button = Object.assign(document.createElement("button"), { name: "guess", value: slug });
    button.append(key, ` ${name}`);
    return button;
  }));
  group.focus({ preventScroll: true }); // as play.js does
}

/** Draw a round and show it; play.js asks `nonesuch.judge` about the guess. */
export async function ask(main) {
  const said = main.querySelector("[data-said]");
  try {
    const { truth, choices } = drawRound((await index()).categories);
    const hash = await hashAt(truth.first + Math.floor(Math.random() * truth.pictures));
    const page = await pageAt(pageOf(hash));
    await showPicture(main, page);
    showChoices(main, choices);
    const near = page.querySelector(".nearest")?.textContent ?? "";
    globalThis.nonesuch.judge = (guess) => ({
      right: guess === truth.slug,
      truth: truth.slug,
      said: `${truth.said} ${near}`.trim(),
      others: "", // nobody counts here
      picture: pageOf(hash),
    });
    said.textContent = "";
  } catch {
    said.textContent = "The pictures cannot be reached.";
    main.querySelector("[data-after]").hidden = false; // its "Next" tries again
    main.querySelector("[data-picture]").remove();
  }
}
