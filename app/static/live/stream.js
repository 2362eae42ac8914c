// Pictures that nobody has seen, a few of them drawn before they are asked for.

const AHEAD = 2;

export class Stream {
  #client;
  #about; // what is asked for: () => ({category, truncation})
  #waiting = []; // promises

  constructor(client, about) {
    this.#client = client;
    this.#about = about;
  }

  /** A promise of the next one. */
  next() {
    const found = this.#waiting.shift() ?? this.#ask();
    this.fill();
    return found;
  }

  /** Have as many drawn as wait. */
  fill() {
    while (this.#waiting.length < AHEAD) this.#waiting.push(this.#ask());
  }

  /** Throw away what was drawn for another kind, or another truncation. */
  forget() {
    for (const each of this.#waiting) each.then(({ bitmap }) => bitmap.close(), () => {});
    this.#waiting = [];
  }

  #ask() {
    const drawn = this.#client.ask({ ask: "next", ...this.#about() });
    drawn.catch(() => {}); // whoever takes it is told
    return drawn;
  }
}
