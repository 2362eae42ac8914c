// The owner's pages by keyboard. Without this script the same forms do the same, a page at a time.
"use strict";

const wall = document.querySelector("[data-wall]");
if (wall) review(wall);

function review(form) {
  const boxes = [...form.querySelectorAll(".tile input")];
  const status = form.querySelector("[data-status]");
  const count = form.querySelector("[data-count]");
  const act = form.querySelector("[data-act]");
  const onward = form.querySelector("[rel=next]");
  const boxOf = new Map(boxes.map((box) => [box.value, box]));
  let anchor = 0; // where a range begins
  let ranged = []; // what the range chose, to be let go when it shrinks
  let queue = Promise.resolve(); // one after the other, in the order of the keys
  let waiting = 0; // of them, how many the site has not answered
  let refused = false;

  const isGone = (box) => box.closest(".tile").classList.contains("gone");
  const chosen = () => boxes.filter((box) => box.checked && !isGone(box));
  const here = () => boxes.indexOf(document.activeElement);

  function show() {
    const n = chosen().length;
    if (count) count.textContent = n ? n.toLocaleString() : "";
  }

  function go(to) {
    if (to >= boxes.length || !boxes.length) return onward.focus();
    boxes[Math.max(to, 0)].focus();
    [anchor, ranged] = [Math.max(to, 0), []];
  }

  function choose(to) {
    for (const box of ranged) box.checked = false;
    const [low, high] = [Math.min(anchor, to), Math.max(anchor, to)];
    ranged = boxes.slice(low, high + 1).filter((box) => !box.checked && !isGone(box));
    for (const box of ranged) box.checked = true;
    show();
  }

  // how many stand beside each other
  function columns(from) {
    const list = boxes[from].closest("ul");
    const tops = [...list.children].map((tile) => tile.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }

  function mark(box, gone) {
    const tile = box.closest(".tile");
    tile.classList.toggle("gone", gone);
    box.checked = false;
    if (gone) box.setAttribute("aria-description", act?.dataset.act === "restore" ? "taken back" : "rejected");
    else box.removeAttribute("aria-description");
  }

  async function post(address, pictures) {
    const body = new URLSearchParams({ word: form.elements.word.value });
    for (const box of pictures) body.append("picture", box.value);
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error ? `${said.error.message}; ${said.error.hint}` : answer.statusText);
    return said;
  }

  function later(work) {
    waiting += 1;
    queue = queue.then(work).catch((error) => {
      refused = true;
      status.textContent = `Not done: ${error.message || "the site does not answer"}.`;
    }).finally(() => { waiting -= 1; });
  }

  function doAct() {
    if (!act) return;
    const from = here();
    const some = chosen();
    const picked = some.length ? some : boxes.slice(from, from + 1).filter((box) => from >= 0 && !isGone(box));
    if (!picked.length) return;
    const done = act.dataset.act === "restore" ? "Took back" : "Rejected";
    for (const box of picked) mark(box, true); // at once; taken back if the site refuses
    show();
    const next = boxes.findIndex((box, place) => place > from && !isGone(box));
    if (from >= 0) go(next < 0 ? boxes.length : next);
    later(async () => {
      try {
        const said = await post(act.formAction, picked);
        status.textContent = `${done} ${said.count.toLocaleString()}.`;
      } catch (error) {
        for (const box of picked) mark(box, false);
        throw error;
      }
    });
  }

  function undo(button) {
    later(async () => {
      const said = await post(button.formAction, []);
      const back = said.pictures.map((name) => boxOf.get(name)).filter(Boolean);
      const undid = act?.dataset.act === said.act;
      for (const box of back) mark(box, !undid);
      if (back.length) go(boxes.indexOf(back[0]));
      const n = said.pictures.length;
      const what = said.categories.length ? said.categories.join(", ") : `${n.toLocaleString()} picture${n === 1 ? "" : "s"}`;
      status.textContent = said.act ? `Undone: ${what}${back.length || said.categories.length ? "" : ", on another page"}.` : "There is nothing to undo.";
      show();
    });
  }

  // what was rejected is sent before the page is left
  onward.addEventListener("click", (event) => {
    if (!waiting || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    refused = false;
    queue.then(() => { if (!refused) onward.click(); });
  });
  addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });

  form.addEventListener("change", show);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act], [data-undo]");
    if (button) {
      event.preventDefault();
      if (button === act) doAct();
      else undo(button);
      return;
    }
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey) choose(place);
    else [anchor, ranged] = [place, []];
  });

  form.addEventListener("keydown", (event) => {
    const from = here();
    if (event.altKey || event.metaKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey && (key !== "z" || event.shiftKey)) return;
    const once = ["x", "Delete", "Backspace", "u", "z", "n"]; // however long the key is held
    if ((key === "Enter" && from >= 0) || (event.repeat && once.includes(key))) {
      event.preventDefault(); // Enter would press the form's first button
      return;
    }
    // from the buttons below one gets back to the pictures
    if (from < 0 && !["u", "z", "n", "ArrowLeft", "ArrowUp"].includes(key)) return;
    const wide = from >= 0 && ["ArrowUp", "ArrowDown"].includes(key) ? columns(from) : 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide }[key];
    const target = key === "Home" ? 0 : key === "End" || from < 0 ? boxes.length - 1 : from + step;
    if (step !== undefined || key === "Home" || key === "End") {
      const within = Math.min(Math.max(target, 0), boxes.length - 1);
      if (event.shiftKey) {
        choose(within);
        boxes[within].focus();
      } else go(target);
    } else if (["x", "Delete", "Backspace"].includes(key)) doAct();
    else if (key === "u" || (event.ctrlKey && key === "z")) undo(form.querySelector("[data-undo]"));
    else if (key === "n") onward.click();
    else if (key === "a") {
      const all = chosen().length < boxes.filter((box) => !isGone(box)).length;
      for (const box of boxes) box.checked = all && !isGone(box);
      show();
    } else return;
    event.preventDefault();
  });

  show();
}
