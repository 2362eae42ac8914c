// A walk that moves under the finger: from the picture towards another seed, as far as it is dragged.
// A place on it has the address seed=…&towards=…&share=….
import { newest } from "./newest.js";

export function openWalk({ find, on, client, draw, hang, current, answered }) {
  const [button, panel, slider, further, sheet] = ["walk", "walking", "stroll", "on", "picture"].map(find);
  let leg = null; // {…wish, towards, share}
  let held = null; // where the finger came down: {x, share}

  const go = newest(async () => {
    if (!leg) return;
    const drawn = await answered(draw({ ...leg }));
    if (leg && drawn) hang(drawn);
    else drawn?.bitmap.close();
  });
  function moveTo(share) {
    if (!leg) return;
    leg.share = Math.min(Math.max(Math.round(share * 1000) / 1000, 0), 1);
    slider.value = Math.round(leg.share * 100);
    further.hidden = leg.share < 1;
    go();
  }
  async function begin(from) {
    const found = await answered(client.ask({ ask: "leg", wish: { ...from, towards: null, share: null } }));
    if (!found) return;
    leg = found.wish;
    panel.hidden = false;
    moveTo(0);
    slider.focus();
  }
  function leave() {
    leg = held = null;
    panel.hidden = true;
  }

  on(button, "click", () => (leg ? leave() : begin(current())));
  on(further, "click", () => begin({ ...leg, seed: leg.towards }));
  on(slider, "input", () => moveTo(slider.value / 100));
  on(sheet, "pointerdown", (event) => {
    if (!leg) return;
    held = { x: event.clientX, share: leg.share };
    sheet.setPointerCapture(event.pointerId);
  });
  on(sheet, "pointermove", (event) => {
    if (held && leg) moveTo(held.share + (event.clientX - held.x) / sheet.clientWidth);
  });
  for (const end of ["pointerup", "pointercancel"]) on(sheet, end, () => { held = null; });
  return { leave };
}
