/** Area at risk and keep-out structures, drawn together on the picture. */

import { el } from "../dom.js";
import { isWhole } from "../contour.js";
import { areaList, button, buttons, lead } from "./parts.js";

/** @typedef {import("./parts.js").Desk} Desk */

const MAX_NAME = 40;

/** @type {import("./parts.js").Screen} */
export function draw(desk) {
  const { drawing, session, words, choices, choose } = desk;
  const name = nameOf(desk);
  const clear = (/** @type {string} */ area) =>
    button(words.text("draw.clear"), () => void desk.send({ kind: "clear", name: area }), { id: `clear-${area}` });
  return [
    lead(words.text("draw.do")),
    el(
      "div",
      { class: "buttons", role: "group", "aria-label": words.text("draw.what") },
      button(words.text("draw.area"), () => choose({ isKeepOut: false }), { id: "draw-area", pressed: !choices.isKeepOut }),
      button(words.text("draw.keepOut"), () => choose({ isKeepOut: true }), { id: "draw-keep-out", pressed: choices.isKeepOut }),
    ),
    choices.isKeepOut ? nameField(desk) : null,
    choices.isKeepOut ? usualNames(desk) : null,
    choices.isKeepOut && choices.keepOutName.includes(".") ? hint(words.text("draw.noDot")) : null,
    session.time_out.persons.length ? people(desk) : hint(words.text("pin.noPersons")),
    buttons(
      button(words.text("draw.undo"), () => undo(desk), {
        id: "undo",
        disabled: drawing.contour ? !drawing.contour.past.length : !session.can_undo,
      }),
      button(words.text("draw.redo"), () => redo(desk), {
        id: "redo",
        disabled: drawing.contour ? !drawing.contour.future.length : session.can_redo === false,
      }),
      button(words.text("draw.discard"), () => drawing.discard(), { id: "discard", disabled: !drawing.contour }),
      button(words.text("draw.accept"), () => void accept(desk), {
        id: "accept",
        primary: true,
        disabled: drawing.isSending || !drawing.contour || !isWhole(drawing.contour) || !name || !choices.person,
      }),
    ),
    areaList(desk, clear),
  ];
}

/**
 * Take back the last point, or, where no outline is in the making, the last outline.
 * @param {Desk} desk
 */
export function undo({ drawing, session, send }) {
  if (drawing.contour) drawing.undo();
  else if (session.step === "draw" && session.can_undo) void send({ kind: "undo" });
}

/**
 * As `undo`, the other way.
 * @param {Desk} desk
 */
export function redo({ drawing, session, send }) {
  if (drawing.contour) drawing.redo();
  else if (session.step === "draw" && session.can_redo !== false) void send({ kind: "redo" });
}

/**
 * Send the outline, one at a time; it is forgotten once the session has it, unless it is another one by then.
 * @param {Desk} desk
 */
export async function accept(desk) {
  const { drawing } = desk;
  const { contour } = drawing;
  const name = nameOf(desk);
  if (drawing.isSending || !contour || !isWhole(contour) || !name || !desk.choices.person) return;
  const { frameIndex, points } = contour;
  const person = desk.choices.person;
  drawing.sending(true);
  try {
    if (await desk.send({ kind: "draw", name, frame_index: frameIndex, points, person })) drawing.accepted(contour);
  } finally {
    drawing.sending(false);
  }
}

/** @param {Desk} desk */
export function nameOf({ choices }) {
  if (!choices.isKeepOut) return "area_at_risk";
  const name = choices.keepOutName.trim();
  return name && !name.includes(".") ? `keep_out.${name}` : "";
}

/** @param {string} text */
function hint(text) {
  return el("p", { class: "quiet", text });
}

/** @param {Desk} desk */
function nameField({ words, choices, choose }) {
  return el(
    "label",
    { class: "field" },
    words.text("draw.name"),
    el("input", {
      id: "keep-out-name",
      type: "text",
      maxlength: MAX_NAME,
      autocomplete: "off",
      spellcheck: "false",
      value: choices.keepOutName,
      oninput: (/** @type {Event} */ event) =>
        choose({ keepOutName: /** @type {HTMLInputElement} */ (event.target).value }),
    }),
  );
}

/**
 * For gloved hands: a touch instead of typing.
 * @param {Desk} desk
 */
function usualNames({ words, choices, choose }) {
  return el(
    "div",
    { class: "buttons names", role: "group", "aria-label": words.text("draw.usual.label") },
    ...words.text("draw.usual").split(", ").map((name) =>
      button(name, () => choose({ keepOutName: name }), { pressed: choices.keepOutName === name }),
    ),
  );
}

/** @param {Desk} desk */
function people({ session, words, choices, choose }) {
  return el(
    "div",
    { class: "buttons people", role: "group", "aria-label": words.text("person") },
    el("span", { class: "name", text: words.text("person") }),
    ...session.time_out.persons.map((person) =>
      button(person, () => choose({ person }), { id: `by-${person}`, pressed: choices.person === person }),
    ),
  );
}
