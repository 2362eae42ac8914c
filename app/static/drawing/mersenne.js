// The uniforms of NumPy's RandomState(seed).random_sample(), equal in every bit: the Mersenne
// Twister MT19937 (Matsumoto and Nishimura, 1998), 53 bits of two words each.

const N = 624;
const M = 397;

export class Uniforms {
  #words = new Uint32Array(N);
  #at = N;

  /** `seed`: a whole number from 0 to 2^32 - 1. */
  constructor(seed) {
    let word = seed >>> 0;
    for (let i = 0; i < N; i++) {
      this.#words[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
  }

  /** The next number, from 0 to below 1. */
  next() {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  #word() {
    if (this.#at === N) this.#turn();
    let word = this.#words[this.#at++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #turn() {
    const words = this.#words;
    for (let i = 0; i < N; i++) {
      const joined = (words[i] & 0x80000000) | (words[(i + 1) % N] & 0x7fffffff);
      words[i] = words[(i + M) % N] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}
