/** The raw evidence beside the picture: mask, residuals, fill rate, every number, stage times. */

import { byId, el } from "./dom.js";
import { measuredText } from "./quantities.js";
import { shownVerdict } from "./verdict.js";

/**
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./words/catalogue.js").Words} Words
 * @typedef {import("./words/catalogue.js").Key} Key
 */

const PNG = "data:image/png;base64,";
const EVERY_MS = 250; // people read it; beside the same verdict and causes four times a second is enough

/** @type {[string, number, string][]} name, digits, unit; digits -1: a word; unit %: a share */
const FACTS = [
  ["registration", -1, ""],
  ["bed", -1, ""],
  ["survey", -1, ""],
  ["fill_rate", 0, "%"],
  ["inlier_fraction", 0, "%"],
  ["residual_spread", 2, ""],
  ["n_points", 0, ""],
  ["bed_residual_rms_mm", 2, " mm"],
  ["bed_seen_deg", 0, "°"],
  ["survey_frames", 0, ""],
  ["axis_sigma_deg", 3, "°"],
  ["exit_sigma_mm", 2, " mm"],
  ["doubt", 3, ""],
  ["doubt_limit", 3, ""],
];

const OPTIONAL = ["residual_spread", "n_points", "bed_residual_rms_mm", "bed_seen_deg", "survey_frames", "doubt_limit"];

export class EvidenceView {
  constructor() {
    this.root = byId("evidence");
    this.body = byId("evidence-body");
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("mask"));
    this.under = el("canvas"); // the picture that the mask belongs to
    this.turn = 0; // of several masks being decoded the last one counts
    this.shownMs = 0;
    this.beside = ""; // the verdict and the causes of the frame that is told
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.root.hidden = !isOpen;
    this.shownMs = 0;
    this.body.replaceChildren(); // nothing of when it was open before
    void this.#mask(null);
  }

  /**
   * @param {Header} header  of the frame that is on the picture's canvas
   * @param {Words} words
   * @param {boolean} isStill  an older picture is on the canvas: no mask is laid on it
   */
  show(header, words, isStill) {
    const now = performance.now();
    const beside = [shownVerdict(header), ...header.reasons].join();
    if (!this.isOpen || (beside === this.beside && now - this.shownMs < EVERY_MS)) return;
    this.beside = beside;
    this.shownMs = now;
    this.body.replaceChildren(
      el("dl", {}, ...facts(header, words)),
      el("h3", { text: words.text("evidence.reasons") }),
      el("ul", {}, ...header.reasons.map((code) => el("li", { text: `${code}: ${words.sentence(code)[0]}` }))),
      el("h3", { text: words.text("evidence.quantities") }),
      el("dl", { class: "numbers" }, ...quantities(header, words)),
      el("h3", { text: words.text("evidence.stages") }),
      el("dl", { class: "numbers" }, ...stages(header, words)),
    );
    void this.#mask(isStill ? null : header.mask);
  }

  /**
   * Lay a mask over its own frame's picture: when it is decoded, a later one may be on the screen.
   * @param {string|null} mask
   */
  async #mask(mask) {
    const turn = ++this.turn;
    this.#hide(!mask?.startsWith(PNG));
    if (!mask || this.canvas.hidden) return;
    const picture = /** @type {HTMLCanvasElement} */ (byId("picture"));
    this.under.width = picture.width;
    this.under.height = picture.height;
    this.under.getContext("2d")?.drawImage(picture, 0, 0);
    const bytes = Uint8Array.from(atob(mask.slice(PNG.length)), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" })).catch(() => null);
    if (turn === this.turn) this.#compose(image);
    image?.close();
  }

  /** @param {ImageBitmap|null} image  of the mask; null: it cannot be read */
  #compose(image) {
    this.#hide(!image);
    if (!image) return;
    this.canvas.width = image.width;
    this.canvas.height = image.height;
    const context = this.canvas.getContext("2d");
    context?.drawImage(this.under, 0, 0, image.width, image.height);
    context?.drawImage(image, 0, 0);
  }

  /** @param {boolean} isHidden */
  #hide(isHidden) {
    this.canvas.hidden = isHidden;
    byId("mask-none").hidden = !isHidden;
  }
}

/**
 * @param {Header} header
 * @param {Words} words
 */
function facts(header, words) {
  const found = [pair(words.text("evidence.frame"), String(header.frame_index))];
  for (const [name, digits, unit] of FACTS) {
    const value = header.evidence[name] ?? null;
    const label = words.text(/** @type {Key} */ (`evidence.${name}`));
    if (value === null && OPTIONAL.includes(name)) continue;
    if (typeof value !== "number") found.push(pair(label, value === null ? "–" : value));
    else if (unit === "%") found.push(pair(label, `${words.number(100 * value, digits)} %`));
    else found.push(pair(label, `${words.number(value, Math.max(digits, 0))}${unit}`));
  }
  return found.flat();
}

/**
 * @param {Header} header
 * @param {Words} words
 */
function quantities(header, words) {
  return Object.entries(header.alignment).flatMap(([name, measurement]) => {
    if (typeof measurement !== "object" || !("sigma" in measurement)) return [];
    const known = words.ofCode("quantity", name);
    return pair(known === name ? name.replaceAll("_", " ") : known, measuredText({ name, ...measurement }, words));
  });
}

/**
 * @param {Header} header
 * @param {Words} words
 */
function stages(header, words) {
  return Object.entries(header.stage_ms).flatMap(([name, ms]) => pair(words.ofCode("stage", name), words.number(ms, 1)));
}

/**
 * @param {string} name
 * @param {string} value
 */
function pair(name, value) {
  return [el("dt", { text: name }), el("dd", { text: value })];
}
