// The picture of a text, as store/queries/text_ring.py picks it; a test holds the two together. Points
// are a BigUint64Array in ascending order: each is the first 63 bits of a picture's SHA-256.
import { shake128 } from "./shake.js";

const RING = 1n << 63n;
const PROBES = 24;
const NEXT = 4;
const SPREAD = 256;
const LONGEST_BYTES = 1000;
const WORD = (1n << 64n) - 1n;

/** A text that gives no picture; its message says why. */
export class BadText extends Error {}

/** The text in Unicode's form NFC. Throws `BadText` as the server answers 400 and 414. */
export function normalText(text) {
  if (!text) throw new BadText("There is no text.");
  const normal = text.length <= LONGEST_BYTES * 3 ? text.normalize("NFC") : text;
  if (/[\ufffd\ud800-\udfff]/u.test(normal)) throw new BadText("The text is not UTF-8.");
  if (new TextEncoder().encode(normal).length > LONGEST_BYTES) {
    throw new BadText(`The text is longer than ${LONGEST_BYTES} bytes.`);
  }
  return normal;
}

// where those from `least` on begin
function placeFrom(points, least) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

const BITS_MORE = 15n; // than a hash has

/** The hash of the picture at a point, 12 hexadecimal digits. */
export const hashOfPoint = (point) => (point >> BITS_MORE).toString(16).padStart(12, "0");

/** Which of the points is that of the picture with a hash; null where none is. */
export function placeOfHash(hash, points) {
  const place = placeFrom(points, BigInt(`0x${hash}`) << BITS_MORE);
  return place < points.length && hashOfPoint(points[place]) === hash ? place : null;
}

// the finaliser of SplitMix64, as a number from 0 to 1
function uniform(value) {
  value = ((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
  value = ((value ^ (value >> 27n)) * 0x94d049bb133111ebn) & WORD;
  return Number(value ^ (value >> 31n)) / 2 ** 64;
}

/** The point of the picture that a normal text gives; null where there are none. */
export function pointOfText(text, points) {
  const stream = new DataView(shake128(new TextEncoder().encode(text), 16 * PROBES).buffer);
  let [least, best] = [Number(RING) * SPREAD, null];
  for (let probe = 0; probe < PROBES; probe++) {
    const place = stream.getBigUint64(16 * probe) >> 1n;
    const key = stream.getBigUint64(16 * probe + 8);
    const first = placeFrom(points, place);
    for (let i = 0; i < Math.min(NEXT, points.length); i++) {
      const point = points[(first + i) % points.length]; // past the end the beginning follows
      const distance = (point - place + RING) % RING;
      if (distance >= least) break; // the factor is at least 1, and those that follow are farther
      const score = Number(distance) * SPREAD ** uniform(point ^ key);
      if (score < least) [least, best] = [score, point];
    }
  }
  return best;
}
