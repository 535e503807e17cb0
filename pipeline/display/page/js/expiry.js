/**
 * Blanks what is shown when its time is over, twice over: by script, and by an animation that the
 * compositor runs on its own thread while script is blocked.
 *
 * The style sheet keeps `.live` invisible. One opacity animation makes it visible until its drop,
 * `MAX_AGE_MS - LEAD_MS` after its start; each new frame moves the start to its own exposure. With
 * no new frame it drops, whoever is blocked; at its end the style sheet's 0 holds.
 *
 * What is `usable` besides holds buttons: it drops as a whole, and while script runs, which they need,
 * the style sheet shows them again without what the frame said.
 */

import { setAttribute } from "./dom.js";
import { LEAD_MS, MAX_AGE_MS } from "./freshness.js";

const SHOWN_MS = MAX_AGE_MS - LEAD_MS;
const LONG_MS = 3_600_000; // the drop is a share of this; the end is never reached while it matters

export class Expiry {
  /** @param {HTMLElement[]} elements  all with the class `live` */
  constructor(elements) {
    this.elements = elements;
    this.endsMs = -Infinity;
    const drop = SHOWN_MS / LONG_MS;
    const steps = [
      { opacity: 1, offset: 0 },
      { opacity: 1, offset: drop },
      { opacity: 0, offset: drop },
      { opacity: 0, offset: 1 },
    ];
    this.animations = elements.map((element) => {
      const animation = element.animate(steps, { duration: LONG_MS });
      animation.cancel();
      return animation;
    });
    this.blank();
  }

  /**
   * Show until `endsMs` (of `performance.now()`); a deadline in the past blanks.
   * @param {number} endsMs
   */
  showUntil(endsMs) {
    if (document.hidden || !(endsMs > performance.now())) {
      this.blank();
      return;
    }
    this.endsMs = endsMs;
    for (const animation of this.animations) animation.startTime = endsMs - SHOWN_MS;
    this.#hide(false);
  }

  /** Nothing is shown until the next `showUntil`. */
  blank() {
    this.endsMs = -Infinity;
    for (const animation of this.animations) animation.cancel();
    this.#hide(true);
  }

  /** The script's own watch: called by timers and frames. Returns whether something is shown. */
  check() {
    if (this.endsMs > -Infinity && (document.hidden || performance.now() >= this.endsMs)) {
      this.blank();
    }
    return this.endsMs > -Infinity;
  }

  /** @param {boolean} isHidden */
  #hide(isHidden) {
    setAttribute(document.documentElement, "data-shown", isHidden ? "no" : "yes");
    for (const element of this.elements) {
      element.classList.toggle("blanked", isHidden);
      if (!element.classList.contains("usable")) setAttribute(element, "aria-hidden", String(isHidden));
    }
  }
}
