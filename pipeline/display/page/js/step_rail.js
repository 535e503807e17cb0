/** The steps along the bottom: done, now, open or blocked, in shape and word; a tap goes there. */

import { byId, el, setText } from "./dom.js";

/**
 * @typedef {import("./types.js").Session} Session
 * @typedef {import("./types.js").Step} Step
 * @typedef {import("./words/catalogue.js").Words} Words
 */

const MARKS = { done: "✓", current: "▶", open: "○", blocked: "✕" };

export class StepRail {
  /** @param {((to: string) => void)|null} go  null: nothing can be chosen */
  constructor(go) {
    this.go = go;
    this.root = byId("rail");
    this.key = "";
  }

  /** Nothing is known of any session. */
  clear() {
    this.key = "";
    this.root.replaceChildren();
  }

  /**
   * @param {Session|null} session  null: there is none
   * @param {Words} words
   */
  show(session, words) {
    if (!session) {
      this.clear();
      return;
    }
    const key = JSON.stringify([session.steps, session.step, words.language]);
    if (key === this.key) return;
    this.key = key;
    const focused = document.activeElement?.id;
    this.root.setAttribute("aria-label", words.text("steps.label"));
    this.root.replaceChildren(
      el("ol", {}, ...session.steps.map((step, index) => this.#item(step, index, words))),
    );
    if (focused?.startsWith("step-")) document.getElementById(focused)?.focus();
  }

  /**
   * @param {Step} step
   * @param {number} index
   * @param {Words} words
   */
  #item(step, index, words) {
    const name = words.ofCode("step", step.id);
    const state = words.ofCode("step.state", step.state);
    const why = step.why.map((code) => words.sentence(code)[0]).join(" ");
    const face = [
      el("span", { class: "mark", "aria-hidden": "true", text: MARKS[step.state] }),
      el("span", { class: "name", text: name }),
      el("span", { class: "state", text: state }),
    ];
    const { go } = this;
    const isHere = step.state === "current" ? "step" : null;
    const inside = go
      ? el(
          "button",
          {
            id: `step-${step.id}`,
            type: "button",
            "aria-current": isHere,
            title: why || null,
            onclick: () => go(step.id),
          },
          el("kbd", { "aria-hidden": "true", text: String((index + 1) % 10) }),
          ...face,
        )
      : el("div", { "aria-current": isHere }, ...face);
    return el("li", { "data-state": step.state, "data-step": step.id }, inside);
  }
}

/**
 * The step before or after the one that is on.
 * @param {Session} session
 * @param {-1|1} way
 * @returns {Step|null}
 */
export function neighbour(session, way) {
  const at = session.steps.findIndex((step) => step.id === session.step);
  return session.steps[at + way] ?? null;
}

/**
 * @param {Element} element
 * @param {Step} step
 * @param {Words} words
 */
export function explainBlocked(element, step, words) {
  const [sentence, action] = words.sentence(step.why[0] ?? "");
  const head = words.text("steps.blocked", { step: words.ofCode("step", step.id) });
  setText(element, step.why.length ? `${head}: ${sentence} ${action}` : head);
}
