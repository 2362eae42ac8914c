// A word for each thing that can go wrong, of which a visitor can be told.

export class NotThere extends Error { word = "absent"; }
export class NotWhole extends Error { word = "damaged"; }
export class OtherRuntime extends Error { word = "runtime"; }

/** One of the words that words.js has a sentence for, or "absent". */
export function wordFor(error) {
  const message = String(error?.message ?? error);
  if (error?.word) return error.word;
  if (/integrity/i.test(message)) return "damaged"; // as the browser found
  // how Chromium, Firefox and Safari say that nothing came
  if (/fetch|network|load failed|importing a module/i.test(message)) return "offline";
  if (typeof WebAssembly === "undefined" || error instanceof WebAssembly.CompileError) return "unable";
  if (error instanceof RangeError || /memory|allocation/i.test(message)) return "memory";
  return "broken";
}
