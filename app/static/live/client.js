// The page's side of the worker: each question has one answer, and what ends the worker ends them.

export class Failed extends Error {
  constructor(word, message) {
    super(message);
    this.word = word;
  }
}

export class Client {
  #worker;
  #waiting = new Map(); // number → {resolve, reject}
  #asked = 0;

  /** `onProgress(loaded, total)`, in bytes. */
  constructor(onProgress) {
    const address = new URL("../generator/generator.worker.js", import.meta.url);
    this.#worker = new Worker(address, { type: "module" });
    this.#worker.onmessage = ({ data }) => {
      if (data.id === undefined) return onProgress(data.loaded, data.total);
      const { resolve, reject } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.failed) reject(new Failed(data.failed, data.message));
      else resolve(data.done);
    };
    // its script did not come, is too new for this browser, or the system ended it
    this.#worker.onerror = async ({ message = "" }) => {
      const isThere = await fetch(address, { cache: "reload" }).then(({ ok }) => ok, () => false);
      this.end(new Failed(isThere ? "unable" : "offline", message));
    };
  }

  /** The answer to {ask: …}. Throws `Failed`. */
  ask(question) {
    return new Promise((resolve, reject) => {
      if (!this.#worker) return reject(new Failed("broken", "the worker has ended"));
      const id = ++this.#asked;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id });
    });
  }

  /** Give the memory back; what is still asked for fails. */
  end(failed = new Failed("broken", "the worker has ended")) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(failed);
    this.#waiting.clear();
  }
}
