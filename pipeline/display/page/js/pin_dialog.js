/** Asks who it is and for the PIN: by keypad, touch or keyboard. The PIN is kept nowhere. */

import { byId, el } from "./dom.js";

/** @typedef {import("./words/catalogue.js").Words} Words */
/** @typedef {{person: string, pin: string}} Signature */

const MAX_DIGITS = 12; // as pipeline/config/pin.py
const SWALLOWED_MS = 2000; // after the last digit for a dialog that was closed under a person's hands
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "delete", "0", "confirm"];

export class PinDialog {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (byId("pin"));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("close", () => this.#done(null));
    /** @type {((signature: Signature|null) => void)|null} */
    this.resolve = null;
    this.person = "";
    this.pin = "";
  }

  /**
   * @param {string} what  what is signed
   * @param {string[]} persons
   * @param {Words} words
   * @returns {Promise<Signature|null>} null where it was cancelled
   */
  ask(what, persons, words) {
    this.#done(null);
    this.words = words;
    this.pin = "";
    this.person = persons.length === 1 ? /** @type {string} */ (persons[0]) : "";
    this.dialog.setAttribute("aria-label", what);
    this.dots = el("output", { class: "dots", "aria-live": "polite" });
    this.people = persons.map((person) =>
      el("button", { type: "button", class: "person", text: person, onclick: () => this.#choose(person) }),
    );
    const keys = KEYS.map((key) => this.#keyButton(key, words));
    this.confirm = /** @type {HTMLButtonElement} */ (keys[KEYS.length - 1]);
    const none = persons.length ? null : el("p", { text: words.text("pin.noPersons") });
    const cancel = el("button", { type: "button", text: words.text("pin.cancel"), onclick: () => this.dialog.close() });
    this.dialog.replaceChildren(
      el("h2", { text: words.text("pin.title", { what }) }),
      el("div", { class: "who", role: "group", "aria-label": words.text("pin.who") }, none, ...this.people),
      el("div", { class: "pad" }, this.dots, el("div", { class: "keys" }, ...keys), cancel),
    );
    this.dialog.showModal();
    this.#update();
    return new Promise((resolve) => (this.resolve = resolve));
  }

  /** Closed by something else than the person: the rest of the PIN is still being typed. */
  abandon() {
    if (!this.dialog.open) return;
    this.dialog.close();
    swallowRest();
  }

  /**
   * @param {string} key
   * @param {Words} words
   */
  #keyButton(key, words) {
    if (key === "delete") {
      const label = words.text("pin.delete");
      return el("button", { type: "button", "aria-label": label, text: "⌫", onclick: () => this.#delete() });
    }
    if (key === "confirm") {
      const text = words.text("pin.confirm");
      return el("button", { type: "button", class: "primary", id: "pin-confirm", text, onclick: () => this.#confirm() });
    }
    return el("button", { type: "button", text: key, onclick: () => this.#digit(key) });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isDigit(event)) this.#digit(event.key);
    else if (event.key === "Backspace") this.#delete();
    else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) this.#confirm();
    else return;
    event.preventDefault();
  }

  /** @param {string} person */
  #choose(person) {
    this.person = person;
    this.#update();
  }

  /** @param {string} digit */
  #digit(digit) {
    if (this.pin.length < MAX_DIGITS) this.pin += digit;
    this.#update();
  }

  #delete() {
    this.pin = this.pin.slice(0, -1);
    this.#update();
  }

  #confirm() {
    if (!this.person || !this.pin) return;
    this.#done({ person: this.person, pin: this.pin });
    this.dialog.close();
  }

  #update() {
    const { dots, words } = this;
    if (!dots || !words) return;
    dots.textContent = "●".repeat(this.pin.length) || words.text("pin.pin");
    dots.setAttribute("aria-label", words.text("pin.digits", { n: this.pin.length }));
    for (const button of this.people ?? []) {
      button.setAttribute("aria-pressed", String(button.textContent === this.person));
    }
    if (this.confirm) this.confirm.disabled = !this.person || !this.pin;
  }

  /** @param {Signature|null} signature */
  #done(signature) {
    const { resolve } = this;
    this.resolve = null;
    this.pin = "";
    resolve?.(signature);
  }
}

/** @param {KeyboardEvent} event */
function isDigit(event) {
  return /^\d$/.test(event.key);
}

/** Digits and Enter mean nothing to the page until none has come for a while. */
function swallowRest() {
  const end = new AbortController();
  let timer = setTimeout(() => end.abort(), SWALLOWED_MS);
  /** @param {KeyboardEvent} event */
  const swallow = (event) => {
    if ((!isDigit(event) && event.key !== "Enter") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(timer);
    timer = setTimeout(() => end.abort(), SWALLOWED_MS);
  };
  document.addEventListener("keydown", swallow, { capture: true, signal: end.signal });
}
