// Whether a visitor may have to pay for what is loaded, or would have to wait for it.

/** True unless the browser says that the connection is neither metered nor slow. */
export function isMetered({ connection } = navigator, isHeldInHand = matchMedia("(pointer: coarse)").matches) {
  if (!connection || connection.saveData || connection.effectiveType !== "4g") return true;
  if (["wifi", "ethernet"].includes(connection.type)) return false;
  return connection.type === "cellular" || isHeldInHand;
}
