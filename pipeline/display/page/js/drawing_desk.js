/**
 * Drawing on the picture, by pointer or by keys: arrows move a cursor, with Shift in larger steps;
 * the space bar sets a point there. The picture stands still from the first point until the
 * outline is accepted or discarded; the verdict goes on.
 */

import * as contours from "./contour.js";
import { fromBase64, keep, kept, toBase64 } from "./contour_store.js";
import { decode } from "./pictures.js";

/**
 * @typedef {import("./contour.js").Contour} Contour
 * @typedef {import("./picture_view.js").PictureView} PictureView
 * @typedef {import("./types.js").Areas} Areas
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Point} Point
 */

const REACH_PX = 14; // of a picture of the usual width: half a gloved finger tip
const KEY_STEP_PX = 4; // of the cursor, on a picture of the usual width
const LARGE_STEPS = 5; // with Shift
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {Areas} */
const NO_AREAS = { area_at_risk: [], keep_out: [], draft: [] };
const STROKE_STEP_PX = 10; // of the same: between points of a line drawn in one go

export class DrawingDesk {
  /**
   * @param {PictureView} view
   * @param {() => void} onChange
   */
  constructor(view, onChange) {
    this.view = view;
    this.onChange = onChange;
    this.name = "area_at_risk";
    this.isOpen = false;
    this.isSending = false; // an outline waits for its answer: no other is sent
    this.sessionId = "";
    /** @type {Contour|null} */
    this.contour = null;
    /** @type {Frame|null} */
    this.latest = null;
    /** @type {ImageBitmap|null} */
    this.latestImage = null;
    /** @type {{image: ImageBitmap|null, size: {width: number, height: number}, base64: string, areas: Areas}|null} */
    this.still = null;
    /** @type {{index: number, isMoved: boolean}|null} */
    this.drag = null;
    /** @type {Point|null} */
    this.cursor = null;
    view.canvas.addEventListener("keydown", (event) => this.#key(event));
    view.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    view.canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      view.canvas.addEventListener(end, () => this.#up());
    }
  }

  /** Whether the picture stands still. */
  get isStill() {
    return this.still !== null;
  }

  /**
   * Drawing is allowed or not; on the first time of a session what was left unfinished comes back.
   * @param {boolean} isOpen
   * @param {string} sessionId
   */
  async open(isOpen, sessionId) {
    const isNew = sessionId !== this.sessionId;
    this.isOpen = isOpen;
    this.view.canvas.classList.toggle("drawable", isOpen);
    this.view.canvas.tabIndex = isOpen ? 0 : -1;
    this.sessionId = sessionId;
    if (!isOpen && this.contour) this.#letGo();
    const left = isOpen && !this.contour ? kept(sessionId) : null;
    if (!left || !(isNew || isOpen)) return;
    const image = await decode(fromBase64(left.picture));
    if (!image || !this.isOpen || this.contour) return; // without its picture an outline means nothing
    const size = { width: image.width, height: image.height };
    this.contour = left.contour;
    this.name = left.contour.name;
    this.still = { image, size, base64: left.picture, areas: left.areas ?? NO_AREAS };
    this.redraw();
    this.onChange();
  }

  /**
   * The frame that is on the screen.
   * @param {Frame} frame  with its picture's JPEG, also where that came ahead
   * @param {ImageBitmap|null} image
   */
  seen(frame, image) {
    this.latest = frame;
    this.latestImage = image;
  }

  undo() {
    this.#change(this.contour && contours.undone(this.contour));
  }

  redo() {
    this.#change(this.contour && contours.redone(this.contour));
  }

  /** Forget the outline; the picture is live again. */
  discard() {
    this.contour = null;
    this.still = null;
    this.cursor = null;
    keep(this.sessionId, null);
    this.onChange();
  }

  /** @param {boolean} isSending */
  sending(isSending) {
    this.isSending = isSending;
    this.onChange();
  }

  /**
   * The session has this outline; one that was changed or begun meanwhile stays.
   * @param {Contour} contour
   */
  accepted(contour) {
    if (this.contour === contour) this.discard();
    else if (!this.contour && isSame(kept(this.sessionId)?.contour, contour)) keep(this.sessionId, null);
  }

  /**
   * What the outline is of; also for one that was begun.
   * @param {string} name
   */
  rename(name) {
    this.name = name;
    if (this.contour) this.#change({ ...this.contour, name });
  }

  redraw() {
    if (!this.still) return;
    const { image, size, areas } = this.still;
    this.view.showStill(image, size, this.contour?.points ?? [], areas, this.cursor);
  }

  /** The step was left: what is unfinished stays kept, and the picture is live. */
  #letGo() {
    this.contour = null;
    this.still = null;
    this.cursor = null;
    this.onChange();
  }

  /**
   * Keys of the picture; all others go on to the page.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    const way = ARROWS[event.key];
    if (!this.isOpen || (!way && event.key !== " ") || !this.#begin()) return;
    event.preventDefault();
    event.stopPropagation();
    const { width, height } = this.view.size;
    const [u, v] = this.cursor ?? [Math.round(width / 2), Math.round(height / 2)];
    if (!way) {
      if (!event.repeat) this.#change(contours.withPoint(/** @type {Contour} */ (this.contour), [u, v]));
      return;
    }
    const step = KEY_STEP_PX * this.view.unit * (event.shiftKey ? LARGE_STEPS : 1);
    this.cursor = [within(u + step * way[0], width), within(v + step * way[1], height)];
    this.redraw();
    this.onChange();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const at = this.isOpen && event.isPrimary ? this.view.pixelAt(event) : null;
    if (!at || !this.#begin()) return;
    event.preventDefault();
    this.view.canvas.setPointerCapture(event.pointerId);
    const contour = /** @type {Contour} */ (this.contour);
    const near = contours.pointNear(contour, at, REACH_PX * this.view.unit);
    this.drag = { index: near, isMoved: false };
    if (near < 0) this.#change(contours.withPoint(contour, at));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.drag && event.isPrimary && event.buttons ? this.view.pixelAt(event) : null;
    if (!at || !this.drag || !this.contour) return;
    const { index, isMoved } = this.drag;
    if (index < 0) this.#change(contours.withStrokePoint(this.contour, at, STROKE_STEP_PX * this.view.unit));
    else this.#change(contours.withMovedPoint(this.contour, index, at, isMoved));
    this.drag.isMoved = true;
  }

  #up() {
    this.drag = null;
  }

  /** Begin an outline on the frame that is on the screen. Returns whether there is one. */
  #begin() {
    if (this.contour) return true;
    if (!this.latest || !this.latestImage || document.documentElement.dataset.shown !== "yes") return false;
    const { header, jpeg } = this.latest;
    this.contour = contours.emptyContour(this.name, header.frame_index);
    const { area_at_risk, keep_out, draft } = header.drawing;
    this.still = {
      image: this.latestImage,
      size: header.picture,
      base64: toBase64(jpeg),
      areas: { area_at_risk, keep_out, draft },
    };
    return true;
  }

  /** @param {Contour|null} contour */
  #change(contour) {
    if (!contour) return;
    this.contour = contour;
    const { base64: picture, areas } = this.still ?? { base64: "", areas: NO_AREAS };
    keep(this.sessionId, { contour, picture, areas });
    this.redraw();
    this.onChange();
  }
}

/**
 * Whether what was kept when the step was left is this outline.
 * @param {Contour|undefined} left
 * @param {Contour} contour
 */
function isSame(left, contour) {
  return JSON.stringify(left) === JSON.stringify(contour);
}

/**
 * A place on the picture, to a tenth of a pixel.
 * @param {number} at
 * @param {number} size
 */
function within(at, size) {
  return Math.round(10 * Math.min(Math.max(at, 0), size - 1)) / 10;
}
