/** Choose the cone, look at what was drawn, approve this revision of the plan. */

import { el } from "../dom.js";
import { areaList, button, buttons, lead } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function approve(desk) {
  const { session, words } = desk;
  const { plan_revision, content_id } = session; // of what stands here: an approval is of nothing else
  const what = words.text("approve.button", { n: plan_revision });
  return [
    lead(words.text("approve.do")),
    el("h3", { text: words.text("approve.choose") }),
    el(
      "div",
      { class: "buttons cones", role: "group", "aria-label": words.text("approve.choose") },
      ...session.applicators.map((applicator) =>
        button(applicator, () => void desk.send({ kind: "choose", applicator }), {
          id: `cone-${applicator}`,
          pressed: applicator === session.applicator_planned,
        }),
      ),
    ),
    el("h3", { text: words.text("approve.areas") }),
    areaList(desk),
    buttons(
      button(what, () => void desk.sendSigned({ kind: "approve", plan_revision, content_id }, what), {
        id: "approve",
        primary: true,
      }),
    ),
  ];
}
