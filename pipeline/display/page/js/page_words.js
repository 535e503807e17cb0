/** Fills the fixed words of index.html (`data-text`, `data-label`) and remembers the language. */

import { recall, remember } from "./remembered.js";

/** @typedef {import("./words/catalogue.js").Words} Words */
/** @typedef {import("./words/catalogue.js").Key} Key */

const NAME = "language";

/**
 * The language that was chosen here, else the server's.
 * @param {string} otherwise
 */
export function startLanguage(otherwise) {
  return recall(NAME) ?? otherwise;
}

/** @param {string} language */
export function rememberLanguage(language) {
  remember(NAME, language);
}

/** @param {Words} words */
export function fillWords(words) {
  document.documentElement.lang = words.language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = words.text(/** @type {Key} */ (element.getAttribute("data-text")));
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words.text(/** @type {Key} */ (element.getAttribute("data-label"))));
  }
}
