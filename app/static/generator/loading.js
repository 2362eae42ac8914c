// Files that the generator needs: fetched with their progress, checked by their digest, and kept in
// Cache Storage under an address that holds it. What does not come whole is kept nowhere.
import { NotWhole } from "./failures.js";

const CACHE = "nonesuch.generator";

/** The bytes of {address, sha256, bytes}; `progress` gets the number of those that came. */
export async function load({ address, sha256, bytes }, progress) {
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined); // by https alone
  const kept = await cache?.match(address);
  if (kept) {
    const found = new Uint8Array(await kept.arrayBuffer());
    if (await isWhole(found, sha256, bytes)) {
      progress(bytes);
      return found;
    }
    await cache.delete(address);
  }
  // what the browser's own cache has may be cut or changed: the second time it is not asked
  const found = await fetched(address, sha256, bytes, progress, "default")
    .catch((error) => (error instanceof NotWhole ? null : Promise.reject(error)))
    ?? await fetched(address, sha256, bytes, progress, "reload");
  await cache?.put(address, new Response(found)).catch(() => {}); // the disk is full
  return found;
}

/** Forget what other versions needed. */
export async function forgetBut(addresses) {
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const wanted = new Set(addresses.map((address) => new URL(address, location.href).href));
  const here = new URL(".", addresses[0]).href; // another site of the same host keeps its own
  for (const { url } of await cache?.keys() ?? []) {
    if (url.startsWith(here) && !wanted.has(url)) await cache.delete(url);
  }
}

async function fetched(address, sha256, bytes, progress, cache) {
  // without https the browser has no digests for scripts, but still checks this one
  const integrity = globalThis.crypto.subtle ? undefined : `sha256-${base64(sha256)}`;
  const answer = await fetch(address, { cache, integrity });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const found = new Uint8Array(bytes);
  const reader = answer.body.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > bytes) throw new NotWhole(`${address} is longer than ${bytes} bytes`);
    found.set(value, at);
    at += value.length;
    progress(at);
  }
  if (at < bytes) throw new NotWhole(`${address} ended after ${at} of ${bytes} bytes`);
  if (!await isWhole(found, sha256, bytes)) throw new NotWhole(`${address} did not come whole`);
  return found;
}

async function isWhole(found, sha256, bytes) {
  if (found.length !== bytes) return false;
  if (!globalThis.crypto.subtle) return true; // checked when it was fetched
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", found));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

const base64 = (hexadecimal) =>
  btoa(String.fromCharCode(...hexadecimal.match(/../g).map((pair) => parseInt(pair, 16))));

/** Bytes that are gzip's, unpacked; a server may have done it already. */
export async function unpacked(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
