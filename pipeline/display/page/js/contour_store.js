/** Keeps an unfinished outline, with its still picture and what that showed, over a reload. */

/** @typedef {import("./contour.js").Contour} Contour */
/** @typedef {import("./types.js").Areas} Areas */
/** @typedef {{contour: Contour, picture: string, areas: Areas}} Kept  picture: JPEG in base64 */

const KEY = "unfinished outline of ";

/**
 * @param {string} sessionId
 * @param {Kept|null} kept  null forgets
 */
export function keep(sessionId, kept) {
  try {
    if (kept) sessionStorage.setItem(KEY + sessionId, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY + sessionId);
  } catch (error) {
    console.warn("the unfinished outline cannot be kept over a reload:", error);
  }
}

/**
 * @param {string} sessionId
 * @returns {Kept|null}
 */
export function kept(sessionId) {
  try {
    const text = sessionStorage.getItem(KEY + sessionId);
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // what cannot be read is drawn again
  }
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
