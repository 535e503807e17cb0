/** Place the cone: the wrong one is said at once; coverage and keep-out are beside it, live. */

import { el } from "../dom.js";
import { facts, lead, okMark } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function place({ session, words }) {
  const { applicator_planned: planned, applicator_seen: seen } = session;
  return [
    seen && seen !== planned ? null : lead(words.text("place.do")),
    coneLine(planned, seen, words),
    seen ? null : facts(words, [[words.text("fact.planned"), planned]]),
  ];
}

/**
 * @param {string} planned
 * @param {string} seen
 * @param {import("../words/catalogue.js").Words} words
 */
function coneLine(planned, seen, words) {
  if (!seen) return el("p", { class: "big", text: words.text("place.unseen") });
  if (seen === planned) return el("p", { class: "big" }, okMark(words, true), `${words.text("place.right")}: ${planned}`);
  return el("p", { class: "big wrong", role: "alert" }, okMark(words, false), words.text("place.wrong", { seen, planned }));
}
