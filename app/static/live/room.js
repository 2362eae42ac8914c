// The room in which one invented picture hangs, with what can be done to it.
import { newest } from "./newest.js";
import { openRelatives } from "./relatives.js";
import { save } from "./saving.js";
import { Stream } from "./stream.js";
import { openWalk } from "./walking.js";
import { nobody, parametersOf, readWish, seedOf } from "./wishes.js";

const ADDRESS_MS = 350; // Safari takes 100 changes of the address in 30 s

/** Show the first picture and let the controls work, until `signal`; `fail` is told what ends it. */
export async function openRoom({ root, client, about, wished, fail, signal }) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const on = (element, type, act) => element.addEventListener(type, act, { signal });
  const { say, share } = globalThis.nonesuch;
  const [sheet, weird, kind, back] = ["picture", "weird", "kind", "back"].map(find);
  const canvas = sheet.getContext("bitmaprenderer");
  const before = []; // wishes
  let now = null;
  let wanted = 0; // the newest picture asked for: others come too late
  let isMoved = false; // the slider, by the visitor

  const chosen = () => ({ category: kind.value || null, truncation: isMoved ? Number(weird.value) : null });
  const stream = new Stream(client, chosen);
  const draw = (wish) => client.ask({ ask: "draw", wish });
  const answered = (promise) => promise.catch((error) => {
    if (error.word === "absent") say(`Not here: ${error.message}.`);
    else if (!signal.aborted) fail(error);
    return null;
  });
  const remember = newest(async (parameters) => {
    history.replaceState(history.state, "", `#${parameters}`);
    await new Promise((resolve) => { setTimeout(resolve, ADDRESS_MS); });
  });

  function hang({ wish, name, bitmap, seconds }, line) {
    const parameters = parametersOf(wish);
    canvas.transferFromImageBitmap(bitmap);
    now = wish;
    sheet.setAttribute("aria-label", `A ${name} that did not exist before.`);
    find("name").textContent = name;
    find("number").textContent = `Seed ${wish.seed}`;
    find("line").textContent = line ?? `Made up on this very device in ${seconds.toFixed(2)} s. Nobody else has seen it.`;
    if (find("file")) find("file").href = `${root.dataset.server}.png?${parameters}`;
    if (!isMoved && wish.truncation !== null) weird.value = wish.truncation;
    back.hidden = before.length === 0;
    root.dataset.shown = parameters;
    remember(parameters);
  }

  async function show(promise, { line, isKept = true } = {}) {
    const mine = ++wanted;
    const drawn = await answered(promise);
    if (!drawn) return;
    if (mine !== wanted) return void drawn.bitmap.close();
    if (isKept && now) before.push(now);
    hang(drawn, line);
  }

  const context = { find, on, client, draw, answered, current: () => now };
  const walk = openWalk({ ...context, hang: (drawn) => hang(drawn, "Between two things that do not exist.") });
  const relatives = openRelatives({ ...context, choose: (wish) => show(draw(wish)) });
  const leave = () => {
    walk.leave();
    relatives.leave();
  };
  const bend = newest(() => show(draw({ ...now, truncation: Number(weird.value) }), { isKept: false }));

  on(find("another"), "click", () => {
    leave();
    show(stream.next());
  });
  on(back, "click", () => {
    leave();
    show(draw(before.pop()), { isKept: false });
  });
  on(weird, "input", () => {
    isMoved = true;
    stream.forget();
    leave();
    bend();
  });
  on(weird, "change", () => stream.fill());
  on(kind, "change", () => {
    stream.forget();
    leave();
    show(stream.next());
  });
  on(find("whose"), "submit", (event) => {
    event.preventDefault();
    const name = find("person").value.trim();
    if (!name) return;
    leave();
    show(draw({ ...nobody, seed: seedOf(name) }), { line: `So that is ${name}. Everybody of that name looks like this.` });
  });
  on(find("share-here"), "click", () => share(`#${parametersOf(now)}`));
  on(find("save"), "click", async () => {
    if (!await save(sheet, `${now.category}-${now.seed}.png`)) say("It could not be saved.");
  });
  on(globalThis, "hashchange", () => {
    const wish = readWish(location.hash.slice(1));
    leave();
    if (wish) show(draw(wish));
  });

  const shown = about.categories.filter(({ hidden }) => !hidden).sort((a, b) => a.name.localeCompare(b.name));
  kind.replaceChildren(kind.options[0], ...shown.map(({ slug, name }) => new Option(name, slug)));
  [weird.min, weird.max] = [about.truncation.lowest, about.truncation.highest];
  // a picture that was removed is no reason to show none
  const first = wished ? await draw(wished).catch((error) => (error.word === "absent" ? null : Promise.reject(error))) : null;
  hang(first ?? await client.ask({ ask: "next", ...chosen() }));
  stream.fill();
}
