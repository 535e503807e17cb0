/** The session report. */

import { el } from "../dom.js";
import { button, buttons, lead, okMark } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function report(desk) {
  const { session, words } = desk;
  const { ready, html, pdf, failed } = session.report;
  return [
    lead(words.text("report.do")),
    el(
      "p",
      { class: "big" },
      okMark(words, ready ? true : null),
      words.text(ready ? "report.ready" : "report.notReady"),
    ),
    failed ? el("p", { class: "big wrong", text: words.text("report.failed") }) : null,
    ready ? el("ul", { class: "files" }, file(words.text("report.html"), html), file(words.text("report.pdf"), pdf)) : null,
    buttons(
      button(words.text("report.write"), () => void desk.send({ kind: "report" }), { id: "write-report", primary: !ready }),
    ),
  ];
}

/**
 * Where the report lies in the session's folder; the page's server gives out none of its files.
 * @param {string} name
 * @param {string} place
 */
function file(name, place) {
  const within = place.split("/").slice(-2).join("/");
  return place ? el("li", {}, el("span", { text: `${name}: ${within}` })) : null;
}
