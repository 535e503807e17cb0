/**
 * Who this page is to the server: role and token, from the address (`#console=...`, `#viewer=...`)
 * or as it was typed. The token is taken out of the address and kept until the window is closed.
 */

import { byId } from "./dom.js";

/** @typedef {import("./types.js").Role} Role */
/** @typedef {{role: Role, token: string}} Access */

const KEY = "access";

/**
 * Role and token of the address: taken out of it, and kept.
 * @returns {Access|null} null where the address has none
 */
export function takeAccess() {
  const found = /^#(console|viewer)=((?:[^%]|%[0-9A-Fa-f]{2})+)$/.exec(location.hash);
  if (!found) return null;
  const access = { role: /** @type {Role} */ (found[1]), token: decodeURIComponent(found[2] ?? "") };
  sessionStorage.setItem(KEY, JSON.stringify(access));
  history.replaceState(null, "", location.pathname + location.search);
  return access;
}

/** @returns {Access|null} */
export function readAccess() {
  const taken = takeAccess();
  if (taken) return taken;
  const kept = sessionStorage.getItem(KEY);
  return kept ? JSON.parse(kept) : null;
}

/** The token is wrong: it is not tried again. */
export function forgetAccess() {
  sessionStorage.removeItem(KEY);
}

/**
 * Ask for the second viewer's token; the console's comes with its address alone.
 * @param {() => void} again  a token was typed
 */
export function askAccess(again) {
  const form = /** @type {HTMLFormElement} */ (byId("access"));
  const field = /** @type {HTMLInputElement} */ (byId("access-token"));
  form.hidden = false;
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    const access = { role: "viewer", token: field.value.trim() };
    sessionStorage.setItem(KEY, JSON.stringify(access));
    field.value = "";
    again();
  };
}

/** Admitted: nothing is asked any more. */
export function hideAccess() {
  byId("access").hidden = true;
}
