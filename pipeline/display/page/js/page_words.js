/** Fills the fixed words of index.html (`data-text`, `data-label`) and remembers the language. */

/** @typedef {import("./words/catalogue.js").Words} Words */
/** @typedef {import("./words/catalogue.js").Key} Key */

const STORED = "language";

/**
 * The language that was chosen here, else the server's.
 * @param {string} otherwise
 */
export function startLanguage(otherwise) {
  try {
    return localStorage.getItem(STORED) ?? otherwise;
  } catch {
    return otherwise; // storage is switched off in this browser
  }
}

/** @param {string} language */
export function rememberLanguage(language) {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // storage is switched off: the choice lasts until the next reload
  }
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
