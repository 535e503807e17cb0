/** Buttons for what has a key; a viewer has none. */

import { byId, el } from "./dom.js";
import { isLarge } from "./type_size.js";
import { Words } from "./words/catalogue.js";

/**
 * @param {Words} words
 * @param {import("./keys.js").Actions} actions
 * @param {boolean} isViewer
 */
export function fillTools(words, actions, isViewer) {
  if (isViewer) {
    byId("tools").replaceChildren(el("span", { text: words.text("role.viewer") }));
    return;
  }
  const other = new Words(words.next()).catalogue.name;
  const type = tool("type", "T", words.text("type.large"), actions.type);
  type.setAttribute("aria-pressed", String(isLarge()));
  byId("tools").replaceChildren(
    tool("evidence", "E", words.text("evidence.open"), actions.evidence),
    tool("help", "?", words.text("help.open"), actions.help),
    type,
    tool("language", "L", other, actions.language),
  );
}

/**
 * @param {string} name
 * @param {string} key
 * @param {string} text
 * @param {() => void} onclick
 */
function tool(name, key, text, onclick) {
  return el("button", { type: "button", id: `tool-${name}`, onclick }, el("kbd", { text: key }), text);
}
