// Swiping, full screen and the slideshow. A page that is left ends full screen, so there the next
// picture is fetched from its own address and put in this one's place; the address goes with it.
"use strict";

(() => {
  const CHOICES = [3, 5, 8, 15, 30, 60];
  const NEXT = "[data-next]";
  const BEFORE = "[data-before]";
  const root = document.documentElement;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const { base, favourites, kept, pageIn, say } = globalThis.nonesuch;
  let bar = null; // the controls, while the stage is up
  let timer = 0;
  let turning = false;

  const fetched = (address) => fetch(address, { headers: { Accept: "text/html" } });
  const isGone = ({ status }) => [404, 410].includes(status);
  // what hangs there now where a picture was removed: this page's own neighbour, asked for
  // anew; any picture where this one went too
  const instead = async (side) => {
    const here = await fetched(location.href);
    const link = here.ok && (await pageIn(here)).querySelector(side);
    const answer = link && await fetched(link.href);
    return !answer || isGone(answer) ? fetched(base) : answer;
  };
  // nothing turns once it is no longer wanted: the stage was left, or the show paused meanwhile
  const turn = async (link, wanted = () => bar) => {
    if (turning) return;
    turning = true;
    try {
      let answer = await fetched(link.href);
      if (isGone(answer)) answer = await instead(link.matches(BEFORE) ? BEFORE : NEXT);
      if (!answer.ok) throw new Error(answer.status);
      const page = await pageIn(answer);
      const main = page.querySelector("main");
      const picture = main.querySelector(".print img");
      if (picture) await Object.assign(new Image(), { src: picture.src }).decode().catch(() => {});
      if (!wanted()) return;
      const swap = () => {
        if (!wanted()) return; // left while the old picture was held for the cross-fade
        document.querySelector("main").replaceWith(main);
        root.className = `${page.documentElement.className} staged`;
        document.title = page.title;
        history.replaceState(history.state, "", answer.url);
        favourites.show(main);
      };
      if (still.matches || !document.startViewTransition) swap();
      else {
        const transition = document.startViewTransition(swap);
        transition.ready.catch(() => {}); // the next one may end it early
        await transition.updateCallbackDone;
      }
    } catch {
      stop();
      say("The next one cannot be reached.");
    } finally {
      turning = false;
    }
  };

  const seconds = () => Number(bar?.querySelector("select").value);
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    const play = bar?.querySelector("[data-play]");
    if (play) play.textContent = "Play";
  };
  const play = () => {
    stop();
    timer = setInterval(() => {
      const next = document.querySelector(NEXT);
      if (next && !document.hidden) turn(next, () => timer);
    }, seconds() * 1000);
    bar.querySelector("[data-play]").textContent = "Pause";
  };

  const leave = () => {
    if (!bar) return;
    stop();
    bar.remove();
    bar = null;
    root.classList.remove("staged");
    if (document.fullscreenElement) document.exitFullscreen();
    document.querySelector("[data-stage]")?.focus();
  };

  const controls = () => {
    const made = document.createElement("section");
    made.className = "tools stage-tools";
    made.setAttribute("aria-label", "Slideshow");
    const pressed = (text, act, mark) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", act);
      if (mark) button.dataset[mark] = "";
      return button;
    };
    const select = document.createElement("select");
    select.setAttribute("aria-label", "Seconds a picture");
    const usual = kept.read("seconds", 5);
    for (const choice of CHOICES) {
      select.append(new Option(`${choice} seconds`, choice, false, choice === usual));
    }
    select.addEventListener("change", () => {
      kept.write("seconds", Number(select.value));
      if (timer) play();
    });
    made.append(
      pressed("Play", () => (timer ? stop() : play()), "play"),
      select,
      pressed("Next", () => document.querySelector(NEXT)?.click()),
      pressed("Leave", leave, "leave"),
    );
    return made;
  };

  const enter = async () => {
    if (!bar) {
      bar = controls();
      root.classList.add("staged");
      document.body.append(bar);
    }
    bar.querySelector("[data-play]").focus();
    // where there is no such thing, as on some telephones, the page alone is filled
    try { await root.requestFullscreen?.({ navigationUI: "hide" }); } catch { /* refused */ }
  };

  addEventListener("click", (event) => {
    if (event.target.closest("[data-stage]")) return void enter();
    if (event.target.closest("[data-slides]")) {
      enter();
      return void play();
    }
    const link = bar && event.target.closest(`${NEXT}, ${BEFORE}, a.print`);
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (timer) play(); // its time begins anew
      turn(link);
    }
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) leave(); });

  // a swipe is quick, wider than high, and by one finger
  let from = null;
  addEventListener("touchstart", ({ touches: [touch, other], target }) => {
    const here = !other && target.closest("main");
    from = here ? { x: touch.clientX, y: touch.clientY, at: performance.now() } : null;
  }, { passive: true });
  addEventListener("touchend", ({ changedTouches: [touch] }) => {
    if (!from || performance.now() - from.at > 600 || visualViewport?.scale > 1.05) return;
    const x = touch.clientX - from.x;
    const far = Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(touch.clientY - from.y);
    if (far) document.querySelector(x < 0 ? NEXT : BEFORE)?.click();
    from = null;
  }, { passive: true });
})();
