// A picture as a file of the visitor's own.

/** Offer what a canvas shows under this name; false where the browser could not. */
export async function save(shown, name) {
  const copy = Object.assign(document.createElement("canvas"), { width: shown.width, height: shown.height });
  copy.getContext("2d").drawImage(shown, 0, 0);
  const blob = await new Promise((resolve) => { copy.toBlob(resolve, "image/png"); });
  if (!blob) return false;
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return true;
}
