/** Survey of the open bed, before the cone hides it. */

import { el } from "../dom.js";
import { lead, okMark } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function survey({ session, words }) {
  const { state, n_frames } = session.survey;
  return [
    lead(words.text("survey.do")),
    el(
      "p",
      { class: "big" },
      okMark(words, state === "usable" ? true : null),
      words.ofCode("survey", state),
    ),
    el("p", { text: words.text("survey.frames", { n: n_frames }) }),
  ];
}
