// SHAKE128 of FIPS 202. Browsers have no function for it, and none at all on a page without https.

const LANE = (1n << 64n) - 1n;
const RATE = 168; // bytes, of a state of 200
const ROUNDS = 24;

const rotated = (lane, by) => ((lane << by) | (lane >> (64n - by))) & LANE;

// 3.2.2: by how much each lane is rotated, and 3.2.3: where it goes
const OFFSETS = Array(25).fill(0n);
const TARGETS = Array.from({ length: 25 }, (_, at) => {
  const [x, y] = [at % 5, Math.floor(at / 5)];
  return y + 5 * ((2 * x + 3 * y) % 5);
});
for (let t = 0, x = 1, y = 0; t < 24; t++) {
  OFFSETS[x + 5 * y] = BigInt((((t + 1) * (t + 2)) / 2) % 64);
  [x, y] = [y, (2 * x + 3 * y) % 5];
}

// 3.2.5: a shift register over x^8 + x^6 + x^5 + x^4 + 1 gives one bit at a time
const CONSTANTS = [];
for (let round = 0, register = 1; round < ROUNDS; round++) {
  let constant = 0n;
  for (let j = 0; j < 7; j++) {
    if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
    register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
  }
  CONSTANTS.push(constant);
}

function permuted(state) {
  for (const constant of CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
    const turned = Array(25);
    for (let at = 0; at < 25; at++) {
      const x = at % 5;
      const lane = state[at] ^ columns[(x + 4) % 5] ^ rotated(columns[(x + 1) % 5], 1n);
      turned[TARGETS[at]] = rotated(lane, OFFSETS[at]);
    }
    state = turned.map((lane, at) => {
      const row = at - (at % 5);
      return lane ^ (~turned[row + ((at + 1) % 5)] & turned[row + ((at + 2) % 5)]);
    });
    state[0] ^= constant;
  }
  return state;
}

/** The first `length` bytes that SHAKE128 gives for bytes: two Uint8Arrays. */
export function shake128(bytes, length) {
  const padded = new Uint8Array((Math.floor(bytes.length / RATE) + 1) * RATE);
  padded.set(bytes);
  padded[bytes.length] = 0x1f;
  padded[padded.length - 1] |= 0x80;
  let state = Array(25).fill(0n);
  const blocks = new DataView(padded.buffer);
  for (let start = 0; start < padded.length; start += RATE) {
    for (let at = 0; at < RATE / 8; at++) state[at] ^= blocks.getBigUint64(start + 8 * at, true);
    state = permuted(state);
  }
  const given = new DataView(new ArrayBuffer(Math.ceil(length / RATE) * RATE));
  for (let start = 0; start < given.byteLength; start += RATE) {
    if (start) state = permuted(state);
    for (let at = 0; at < RATE / 8; at++) given.setBigUint64(start + 8 * at, state[at], true);
  }
  return new Uint8Array(given.buffer, 0, length);
}
