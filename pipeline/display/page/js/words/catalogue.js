/** Chooses the catalogue of words and fills texts in. Numbers are written as the language does. */

import { GERMAN } from "./de.js";
import { ENGLISH } from "./en.js";

/**
 * @typedef {import("./en.js").Key} Key
 *
 * @typedef {object} Catalogue
 * @property {string} language
 * @property {string} name
 * @property {string} decimal
 * @property {Record<Key, string>} texts
 * @property {Record<string, [string, string]>} reasons
 * @property {Record<string, [string, string]>} refusals
 */

/** @type {Record<string, Catalogue>} */
export const CATALOGUES = { en: ENGLISH, de: GERMAN };

export class Words {
  /** @param {string} language */
  constructor(language) {
    /** @type {Catalogue} */
    this.catalogue = CATALOGUES[language] ?? ENGLISH;
  }

  get language() {
    return this.catalogue.language;
  }

  /**
   * @param {Key} key
   * @param {Record<string, string|number>} [values]
   * @returns {string}
   */
  text(key, values = {}) {
    return filled(this.catalogue.texts[key], values);
  }

  /**
   * A text whose key is made of a code that arrives; the code itself where there is none.
   * @param {string} group
   * @param {string} code
   * @param {Record<string, string|number>} [values]
   */
  ofCode(group, code, values = {}) {
    const texts = /** @type {Record<string, string>} */ (this.catalogue.texts);
    return filled(texts[`${group}.${code}`] ?? code, values);
  }

  /**
   * Sentence and action of a reason of the gate or of a refusal.
   * @param {string} code
   * @returns {[string, string]}
   */
  sentence(code) {
    const { reasons, refusals } = this.catalogue;
    return (
      reasons[code] ??
      refusals[code] ?? [this.text("unknown.sentence", { code }), this.text("unknown.action")]
    );
  }

  /**
   * @param {number} value
   * @param {number} digits
   */
  number(value, digits) {
    const text = value.toFixed(digits);
    const plain = Number(text) === 0 ? text.replace("-", "") : text;
    return plain.replace("-", "−").replace(".", this.catalogue.decimal);
  }

  /** The language that follows this one. */
  next() {
    const all = Object.keys(CATALOGUES);
    return all[(all.indexOf(this.language) + 1) % all.length] ?? "en";
  }
}

/**
 * @param {string} text
 * @param {Record<string, string|number>} values
 */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
