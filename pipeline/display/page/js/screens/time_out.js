/** Time-out: two persons read every item back; what is not tapped is sent as not confirmed. */

import { el } from "../dom.js";
import { button, buttons, lead, okMark } from "./parts.js";

/** @typedef {import("../types.js").ReadBackItems} ReadBackItems */

/** @type {readonly (keyof ReadBackItems)[]} */
const ITEMS = ["patient", "plan", "machine", "applicator"];

/** @type {import("./parts.js").Screen} */
export function timeOut(desk) {
  const { session, words, choices, choose } = desk;
  const { complete, confirmed_by, items } = session.time_out;
  if (complete) {
    return [
      el("p", { class: "big" }, okMark(words, true), words.text("timeOut.complete")),
      el("ul", { class: "confirmed" }, ...confirmed_by.map((person) => el("li", { text: person }))),
    ];
  }
  /** @param {keyof ReadBackItems} item */
  const toggle = (item) => {
    const { readBack } = desk.choices; // as they are now: a fast tap comes before the next drawing
    choose({ readBack: readBack.includes(item) ? readBack.filter((i) => i !== item) : [...readBack, item] });
  };
  const rows = ITEMS.map((item) => {
    const isRead = choices.readBack.includes(item);
    const name = words.text(`fact.${item}`);
    return el(
      "button",
      {
        type: "button",
        role: "checkbox",
        id: `read-${item}`,
        class: "read-back",
        "aria-checked": String(isRead),
        "aria-label": words.text("timeOut.item", { item: name, value: items[item] }),
        onclick: () => toggle(item),
      },
      el("span", { class: "box", text: isRead ? "✓" : "" }),
      el("span", { class: "name", text: name }),
      el("b", { text: items[item] }),
    );
  });
  const what = words.text("timeOut.confirm");
  const confirm = async () => {
    const readBack = Object.fromEntries(
      ITEMS.map((item) => [item, desk.choices.readBack.includes(item) ? items[item] : null]),
    );
    // the next person begins with nothing confirmed
    if (await desk.sendSigned({ kind: "time_out", read_back: readBack }, what)) choose({ readBack: [] });
  };
  const n = confirmed_by.length;
  const done = words.text("timeOut.confirmed", { n }) + (n ? `: ${confirmed_by.join(", ")}` : "");
  return [
    lead(words.text("timeOut.do")),
    el("div", { class: "read-backs" }, ...rows),
    el("p", { class: "count", text: done }),
    buttons(
      button(what, () => void confirm(), {
        id: "confirm-time-out",
        primary: true,
        disabled: choices.readBack.length < ITEMS.length,
      }),
    ),
  ];
}
