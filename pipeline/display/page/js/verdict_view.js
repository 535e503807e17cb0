/** Draws the verdict's banner. What is not fresh is hidden by `Expiry`, never here. */

import { byId, el, setText } from "./dom.js";
import { verdictShape } from "./shapes.js";

/** @typedef {import("./verdict.js").Banner} Banner */

const ARMING_BOXES = 10;

export class VerdictView {
  constructor() {
    this.root = byId("verdict");
    this.shape = byId("verdict-shape");
    this.word = byId("verdict-word");
    this.number = byId("verdict-number");
    this.sentence = byId("verdict-sentence");
    this.action = byId("verdict-action");
    this.boxes = Array.from({ length: ARMING_BOXES }, () => el("i"));
    this.arming = byId("verdict-arming");
    this.arming.append(...this.boxes);
    this.shown = "";
  }

  /** @param {Banner} banner */
  show(banner) {
    if (banner.verdict !== this.shown) {
      this.shown = banner.verdict;
      this.root.dataset.verdict = banner.verdict;
      this.shape.replaceChildren(verdictShape(banner.verdict));
    }
    setText(this.word, banner.word);
    setText(this.number, banner.number);
    setText(this.sentence, banner.sentence);
    setText(this.action, banner.action);
    const { armingShare } = banner;
    this.arming.hidden = armingShare === null;
    const filled = Math.round((armingShare ?? 0) * ARMING_BOXES);
    this.boxes.forEach((box, index) => box.classList.toggle("passed", index < filled));
  }
}
