// Answers without leaving the page, 1 to 4 while the choices have the focus, and the score.
"use strict";

(() => {
  const { nonesuch } = globalThis;
  const { kept } = nonesuch;
  const main = document.querySelector("[data-play]");
  const form = main.querySelector("[data-form]");
  const buttons = () => [...form.querySelectorAll("button")];
  const find = (name) => main.querySelector(`[data-${name}]`);

  const score = () => {
    const none = { right: 0, played: 0, streak: 0, best: 0 };
    return { ...none, ...kept.read("score", none) };
  };
  const showScore = ({ right, played, streak, best } = score()) => {
    const shown = find("score");
    shown.hidden = !played;
    shown.textContent = `${right} of ${played} · ${streak} in a row · best ${best}`;
  };
  const keep = (isRight) => {
    const before = score();
    const streak = isRight ? before.streak + 1 : 0;
    const now = {
      right: before.right + (isRight ? 1 : 0),
      played: before.played + 1,
      streak,
      best: Math.max(before.best, streak),
    };
    kept.write("score", now);
    showScore(now);
  };

  const askServer = async (guess) => {
    const sent = new FormData(form);
    sent.set("guess", guess);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(sent),
        headers: { Accept: "application/json" },
      });
      return await response.json();
    } catch {
      return { error: { message: "the answer could not be sent", hint: "" } };
    }
  };

  const answer = async (button) => {
    for (const other of buttons()) other.disabled = true;
    // on a site of files, the script that drew the round knows
    const result = await (nonesuch.judge ?? askServer)(button.value);
    if (result.error) {
      find("said").textContent = `${result.error.message}. ${result.error.hint}`;
    } else {
      for (const other of buttons()) {
        if (other.value === result.truth) other.classList.add("right");
        else if (other === button) other.classList.add("wrong");
      }
      find("said").textContent = `${result.right ? "Right." : "Wrong."} ${result.said} ${result.others}`;
      find("picture").href = result.picture;
      keep(result.right);
    }
    find("after").hidden = false;
    const next = find("go");
    next.dataset.next = ""; // not before: the space bar would pass over the question
    next.focus();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(event.submitter ?? buttons()[0]);
  });
  form.addEventListener("keydown", (event) => {
    const chosen = buttons()[Number(event.key) - 1];
    if (chosen && !event.ctrlKey && !event.altKey && !event.metaKey) chosen.click();
  });
  // a form that was answered and is shown again begins anew
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  showScore();
  // the group, no button: who came by the space bar must not answer by it
  if (buttons()[0]?.disabled === false) form.querySelector(".choices").focus({ preventScroll: true });
})();
