/** Draws the verdict's banner. What is not fresh is hidden by `Expiry`, never here. */

import { byId, el, setText } from "./dom.js";
import { verdictShape } from "./shapes.js";

/** @typedef {import("./verdict.js").Banner} Banner */

const ARMING_BOXES = 10;
const LENGTHS = ["", "long", "longer"];

export class VerdictView {
  constructor() {
    this.root = byId("verdict");
    this.shape = byId("verdict-shape");
    this.word = byId("verdict-word");
    this.number = byId("verdict-number");
    this.sentence = byId("verdict-sentence");
    this.action = byId("verdict-action");
    this.boxes = Array.from({ length: ARMING_BOXES }, () => el("i"));
    this.text = byId("verdict-text");
    this.told = "";
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
    this.#tell(banner.sentence, banner.action);
    const { armingShare } = banner;
    this.arming.hidden = armingShare === null;
    const filled = Math.round((armingShare ?? 0) * ARMING_BOXES);
    this.boxes.forEach((box, index) => box.classList.toggle("passed", index < filled));
  }

  /**
   * As large as fits.
   * @param {string} sentence
   * @param {string} action
   */
  #tell(sentence, action) {
    const key = `${sentence} ${action} ${innerWidth} ${innerHeight}`;
    if (key === this.told) return;
    this.told = key;
    setText(this.sentence, sentence);
    setText(this.action, action);
    for (const length of LENGTHS) {
      this.text.dataset.length = length;
      if (this.text.offsetTop + this.text.offsetHeight <= this.root.clientHeight) return;
    }
  }
}
