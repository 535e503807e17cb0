/** Large type, for eyes that need it: what is read grows (css/base.css), and the picture gives way. */

import { recall, remember } from "./remembered.js";

const NAME = "type";
const LARGE = "large";

export function isLarge() {
  return document.documentElement.dataset.type === LARGE;
}

/** As it was chosen in this browser. */
export function startType() {
  if (recall(NAME) === LARGE) document.documentElement.dataset.type = LARGE;
}

export function switchType() {
  const { dataset } = document.documentElement;
  dataset.type = isLarge() ? "usual" : LARGE;
  remember(NAME, dataset.type);
  document.getElementById("tool-type")?.setAttribute("aria-pressed", String(isLarge()));
}
