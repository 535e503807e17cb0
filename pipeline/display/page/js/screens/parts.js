/** What the screens of the steps are made of. */

import { el } from "../dom.js";

/**
 * @typedef {import("../types.js").Session} Session
 * @typedef {import("../types.js").Command} Command
 * @typedef {import("../types.js").ReadBackItems} ReadBackItems
 * @typedef {import("../words/catalogue.js").Words} Words
 * @typedef {import("../words/catalogue.js").Key} Key
 * @typedef {import("../drawing_desk.js").DrawingDesk} DrawingDesk
 *
 * @typedef {object} Choices  what was chosen on the page and not yet sent
 * @property {string} keepOutName
 * @property {boolean} isKeepOut
 * @property {string} person
 * @property {string} applicator
 * @property {(keyof ReadBackItems)[]} readBack
 *
 * @typedef {object} Desk  what a screen works with
 * @property {Session} session
 * @property {Words} words
 * @property {Choices} choices
 * @property {(part: Partial<Choices>) => void} choose
 * @property {DrawingDesk} drawing
 * @property {(command: Command) => Promise<boolean>} send
 * @property {(command: Command, what: string) => Promise<boolean>} sendSigned  asks for person and PIN
 * @property {number|null} beamSeconds
 *
 * @typedef {(desk: Desk) => (Node|null)[]} Screen
 */

/**
 * @param {string} text
 * @param {() => void} onclick
 * @param {{id?: string, primary?: boolean, disabled?: boolean, pressed?: boolean}} [how]
 */
export function button(text, onclick, how = {}) {
  const { id, primary, disabled, pressed } = how;
  return el("button", {
    type: "button",
    id,
    class: primary ? "primary" : null,
    disabled,
    "aria-pressed": pressed === undefined ? null : String(pressed),
    text,
    onclick,
  });
}

/** @param {...(Node|null)} children */
export function buttons(...children) {
  return el("div", { class: "buttons" }, ...children);
}

/**
 * A list of facts; `isOk` adds a mark in shape and word.
 * @param {Words} words
 * @param {[string, string, (boolean|null)?][]} rows
 * @param {boolean} [isLine]  two of them beside each other
 */
export function facts(words, rows, isLine = false) {
  return el(
    "dl",
    { class: isLine ? "facts line" : "facts" },
    ...rows.flatMap(([name, value, isOk]) => [
      el("dt", { text: name }),
      el("dd", {}, okMark(words, isOk ?? null), el("span", { text: value || words.text("fact.nothing") })),
    ]),
  );
}

/**
 * @param {Words} words
 * @param {boolean|null} isOk
 */
export function okMark(words, isOk) {
  if (isOk === null) return null;
  const label = words.text(isOk ? "mark.ok" : "mark.not");
  const kind = isOk ? "ok-mark yes" : "ok-mark no";
  return el("span", { class: kind, role: "img", "aria-label": label, text: isOk ? "✓" : "✕" });
}

/**
 * What was drawn, and where each outline stands.
 * @param {Desk} desk
 * @param {((name: string) => Node|null)} [extra]
 */
export function areaList({ session, words }, extra = () => null) {
  if (!session.areas.length) return el("p", { class: "quiet", text: words.text("draw.none") });
  return el(
    "ul",
    { class: "areas" },
    ...session.areas.map((area) =>
      el(
        "li",
        { "data-state": area.state },
        okMark(words, area.state === "lost" ? false : area.state === "drawn" ? null : true),
        el("b", { text: areaName(area.name, words) }),
        el("span", { text: words.ofCode("area", area.state) }),
        extra(area.name),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {Words} words
 */
export function areaName(name, words) {
  if (name === "area_at_risk") return words.text("draw.area");
  return `${words.text("draw.keepOut")}: ${name.replace(/^keep_out\./, "")}`;
}

/** @param {string} text */
export function lead(text) {
  return el("p", { class: "lead", text });
}
