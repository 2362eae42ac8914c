// The shuffle of store/queries/shuffle.py, for sites without a server; a test holds the two together.
// All numbers are unsigned and of 32 bits, `total` is at most 2^32.

const ROUNDS = 8;

function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function network(key, total) {
  let bits = 0;
  while (2 ** bits < total) bits++;
  const half = Math.max(1, Math.ceil(bits / 2));
  const keys = [];
  for (let i = 1; i <= ROUNDS; i++) keys.push(mix(mix(key + Math.imul(0x9e3779b9, i)) ^ i));
  return [half, keys];
}

function follow(value, half, keys, inverse) {
  const size = 2 ** half;
  let left = Math.floor(value / size);
  let right = value % size;
  for (const key of keys) {
    if (inverse) [left, right] = [(right ^ (mix(left ^ key) & (size - 1))) >>> 0, left];
    else [left, right] = [right, (left ^ (mix(right ^ key) & (size - 1))) >>> 0];
  }
  return left * size + right;
}

/** What stands at a place of the shuffle: a bijection of 0 … total-1. */
export function permute(key, place, total) {
  const [half, keys] = network(key, total);
  do place = follow(place, half, keys, false); while (place >= total);
  return place;
}

/** The place at which a number stands: the inverse of `permute`. */
export function placeOf(key, number, total) {
  const [half, keys] = network(key, total);
  keys.reverse();
  do number = follow(number, half, keys, true); while (number >= total);
  return number;
}

/** Which of `total` pictures a step shows; `first`: the number of the one seen first, or null. */
export function numberAt(key, step, total, first) {
  const lap = Math.floor(step / total);
  const place = step % total;
  const lapKey = lap ? mix(key + Math.imul(0x85ebca6b, lap)) : key;
  const start = first === null || lap ? 0 : placeOf(lapKey, first, total);
  return permute(lapKey, (start + place) % total, total);
}

/** The walk that `<seed>.<step>` names: {first, key, step}, or null. */
export function readWalk(text) {
  const match = /^([0-9a-f]{12})?([0-9a-f]{1,8})\.([0-9]{1,12})$/.exec(text);
  if (!match || (match[1] && match[2].length !== 8)) return null;
  return { first: match[1] ?? "", key: parseInt(match[2], 16), step: Number(match[3]) };
}
