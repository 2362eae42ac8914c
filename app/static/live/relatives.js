// Relatives of a picture: a part of the way from its seed towards others', which its own seed names,
// so that a picture has the same ones whenever it is looked at. Each has an address of its own:
// seed=…&towards=…&share=….

const MOST = 6;
const SHARE = 0.35; // of the way: as like as sisters
const SIZE_PX = 256;

/** Seeds that a seed leads to, from 0 to 2^32 - 1. */
export function relativesOf(seed) {
  return Array.from({ length: MOST }, (_, i) => {
    let x = (seed + Math.imul(0x9e3779b9, i + 1)) >>> 0; // as walk.js mixes
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return (x ^ (x >>> 16)) >>> 0;
  });
}

export function openRelatives({ find, on, client, choose, current, answered }) {
  const [button, panel, list] = ["relate", "relatives", "family"].map(find);
  let asked = 0;

  async function show() {
    const mine = ++asked;
    const wish = current();
    panel.hidden = false;
    list.replaceChildren();
    for (const towards of relativesOf(wish.seed)) {
      const relative = { ...wish, towards, share: SHARE };
      const drawn = await answered(client.ask({ ask: "draw", wish: relative, size: SIZE_PX }));
      if (mine !== asked) return void drawn?.bitmap.close();
      if (drawn) list.append(tile(drawn, relative));
    }
  }

  function tile({ bitmap, name }, relative) {
    const item = document.createElement("li");
    const picture = Object.assign(document.createElement("button"), { type: "button" });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
    picture.setAttribute("aria-label", `A ${name} of the same family`);
    picture.append(canvas);
    on(picture, "click", () => choose(relative));
    item.append(picture);
    return item;
  }

  function leave() {
    asked++;
    panel.hidden = true;
    list.replaceChildren();
  }

  on(button, "click", () => (panel.hidden ? show() : leave()));
  return { leave };
}
