/** Dock the head to the cone by the gauge. */

import { lead } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function dock({ words }) {
  return [lead(words.text("dock.do"))];
}
