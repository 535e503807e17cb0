/** The keys, on a page over everything but the verdict. */

import { byId, el } from "./dom.js";
import { KEY_HELP } from "./keys.js";

/**
 * @param {import("./words/catalogue.js").Words} words
 * @param {boolean} isViewer  a viewer has no controls, and a shorter list
 */
export function fillHelp(words, isViewer) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("help"));
  dialog.setAttribute("aria-label", words.text("help.title"));
  dialog.replaceChildren(
    el("h2", { text: words.text("help.title") }),
    el(
      "dl",
      {},
      ...KEY_HELP.filter(([, , isControl]) => !(isViewer && isControl)).flatMap(([keys, key]) => [
        el("dt", {}, el("kbd", { text: keys })),
        el("dd", { text: words.text(key) }),
      ]),
    ),
    isViewer
      ? ""
      : el("button", { type: "button", class: "primary", text: words.text("help.close"), onclick: () => dialog.close() }),
  );
  return dialog;
}
