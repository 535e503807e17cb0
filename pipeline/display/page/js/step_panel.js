/** The panel of the step that is on: its screen, the waiting fault, the answers, back and next. */

import { byId, el, setText } from "./dom.js";
import { approve } from "./screens/approve.js";
import { beam, ready } from "./screens/beam.js";
import { briefing } from "./screens/briefing.js";
import { dock } from "./screens/dock.js";
import { draw } from "./screens/draw.js";
import { button, buttons } from "./screens/parts.js";
import { place } from "./screens/place.js";
import { report } from "./screens/report.js";
import { survey } from "./screens/survey.js";
import { timeOut } from "./screens/time_out.js";
import { neighbour } from "./step_rail.js";

/**
 * @typedef {import("./screens/parts.js").Desk} Desk
 * @typedef {import("./screens/parts.js").Screen} Screen
 * @typedef {import("./types.js").Session} Session
 */

/** @type {Record<string, Screen>} */
const SCREENS = { briefing, survey, draw, approve, place, dock, time_out: timeOut, ready, beam, report };

/** Steps whose main button is another one than "next". */
const WITH_OWN_ACTION = ["approve", "time_out", "ready", "beam"];

export class StepPanel {
  /** @param {(to: string) => void} go */
  constructor(go) {
    this.go = go;
    this.root = byId("panel-body");
    this.answerLine = byId("answer");
    this.key = "";
    this.wayKey = "";
    /** @type {HTMLElement} */
    this.way = el("div");
    this.isPressed = false;
    // a button is not replaced under the finger that presses it
    this.root.addEventListener("pointerdown", () => (this.isPressed = true));
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => setTimeout(() => (this.isPressed = false), 0));
    }
  }

  /** @param {Desk} desk */
  show(desk) {
    const { session, words, choices, drawing, beamSeconds } = desk;
    const { areas, survey, ...rest } = session;
    const surveyed = session.step === "survey" ? survey : survey.state; // else a count made the panel anew each frame
    const { contour } = drawing;
    const outline = contour && [contour.points.length, contour.past.length, contour.future.length, drawing.isSending];
    const key = JSON.stringify([rest, areas, surveyed, words.language, choices, outline, beamSeconds]);
    if (key === this.key || this.isPressed) return;
    this.key = key;
    const focus = focusIn(this.root);
    const screen = SCREENS[session.step];
    const waiting = waitingFault(desk);
    const nodes = [waiting, ...(screen ? screen(desk) : [])];
    byId("panel-title").textContent = words.ofCode("step", session.step);
    this.#renewWay(desk);
    for (const child of [...this.root.children]) if (child !== this.way) child.remove();
    for (const node of nodes) if (node) this.way.before(node);
    focus();
  }

  /**
   * The way on and back stays what it is while the rest is made anew, thirty times a second if a fault goes on.
   * @param {Desk} desk
   */
  #renewWay(desk) {
    const { session, words } = desk;
    const key = JSON.stringify([session.step, session.steps, words.language]);
    if (key === this.wayKey && this.way.parentNode === this.root) return;
    this.wayKey = key;
    this.way.remove();
    this.way = this.#way(desk);
    this.root.append(this.way);
  }

  /**
   * @param {string} text
   * @param {"yes"|"no"|"wait"|""} kind
   */
  say(text, kind) {
    this.answerLine.dataset.kind = kind;
    setText(this.answerLine, text);
  }

  /** @param {Desk} desk */
  #way({ session, words }) {
    const before = neighbour(session, -1);
    const after = neighbour(session, 1);
    return el(
      "div",
      { class: "way" },
      button(words.text("steps.back"), () => before && this.go(before.id), { id: "back", disabled: !before }),
      after
        ? button(words.text("steps.next", { step: words.ofCode("step", after.id) }), () => this.go(after.id), {
            id: "next",
            primary: after.state !== "blocked" && !WITH_OWN_ACTION.includes(session.step),
          })
        : el("span"),
    );
  }
}

/**
 * The frame whose fault waits for an acknowledgement; null where none does.
 * Only the same number is the same fault: a counter that went back gives a later one a lower number.
 * @param {Session} session
 */
export function faultToAcknowledge({ last_fault_frame, acknowledged_frame }) {
  return acknowledged_frame === last_fault_frame ? null : last_fault_frame;
}

/** @param {Desk} desk */
export function acknowledge(desk) {
  const frame = faultToAcknowledge(desk.session);
  if (frame === null) return;
  const what = desk.words.text("fault.acknowledge");
  void desk.sendSigned({ kind: "acknowledge", frame_index: frame }, what);
}

/** @param {Desk} desk */
function waitingFault(desk) {
  const frame = faultToAcknowledge(desk.session);
  if (frame === null) return null;
  const { words } = desk;
  return el(
    "div",
    { class: "fault-waits" },
    el("p", { text: words.text("fault.waiting", { frame }) }),
    buttons(button(words.text("fault.acknowledge"), () => acknowledge(desk), { id: "acknowledge", primary: true })),
  );
}

/**
 * Remembers what has the focus, and gives it back to its successor.
 * @param {HTMLElement} root
 */
function focusIn(root) {
  const { activeElement } = document;
  const id = activeElement && root.contains(activeElement) ? activeElement.id : "";
  const at = activeElement instanceof HTMLInputElement ? activeElement.selectionStart : null;
  return () => {
    const next = id ? document.getElementById(id) : null;
    next?.focus();
    if (next instanceof HTMLInputElement && at !== null) next.setSelectionRange(at, at);
  };
}
