/** The session report. */

import { el } from "../dom.js";
import { button, buttons, lead, okMark } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function report(desk) {
  const { session, words } = desk;
  const { ready, html, pdf } = session.report;
  return [
    lead(words.text("report.do")),
    el(
      "p",
      { class: "big" },
      okMark(words, ready ? true : null),
      words.text(ready ? "report.ready" : "report.notReady"),
    ),
    ready ? el("ul", { class: "files" }, file(words.text("report.html"), html), file(words.text("report.pdf"), pdf)) : null,
    buttons(
      button(words.text("report.write"), () => void desk.send({ kind: "report" }), { id: "write-report", primary: !ready }),
    ),
  ];
}

/**
 * Where the report lies; a link where the server serves it.
 * @param {string} name
 * @param {string} place
 */
function file(name, place) {
  if (!place) return null;
  const isServed = place.startsWith("/") && !place.startsWith("//");
  const value = isServed
    ? el("a", { href: place, target: "_blank", rel: "noopener", text: name })
    : el("span", { text: `${name}: ${place}` });
  return el("li", {}, value);
}
