// One picture, decided upon, and the address that says which: the parameters of the site's own
// /live/<model>. {category, seed, truncation, towards, share}; null where nothing is said.
import { crc32 } from "../generator/checksum.js";

/** A wish that leaves everything open. */
export const nobody = { seed: null, category: null, truncation: null, towards: null, share: null };

const whole = (text) => (/^\d{1,10}$/.test(text ?? "") && Number(text) < 2 ** 32 ? Number(text) : null);
const number = (text) => (text === null || text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));

/** The wish that an address' parameters say, null where they name no seed. */
export function readWish(text) {
  const given = new URLSearchParams(text);
  const seed = whole(given.get("seed"));
  if (seed === null) return null;
  const towards = whole(given.get("towards"));
  const share = towards === null ? null : number(given.get("share"));
  return {
    seed,
    category: given.get("category"),
    truncation: number(given.get("truncation")),
    towards: share === null ? null : towards,
    share: share === null ? null : Math.min(Math.max(share, 0), 1),
  };
}

/** The parameters of a wish. */
export function parametersOf({ seed, category, truncation, towards, share }) {
  const given = { seed, category, truncation, towards, share };
  const said = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(said).toString();
}

/** The seed that a name means: the same for everybody. */
export const seedOf = (name) => crc32(name.trim().normalize("NFC"));
