/** Draws the picture and the lines on it. Each kind of line has its own pattern, not only a colour. */

import { byId } from "./dom.js";

/**
 * @typedef {import("./types.js").Areas} Areas
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./types.js").Line} Line
 * @typedef {import("./types.js").Point} Point
 *
 * @typedef {object} Pen
 * @property {string} colour
 * @property {number} width  as `dash`, for a picture that is 848 pixels wide
 * @property {number[]} dash
 */

/** No red, yellow or cyan: those are for alarms. @type {Record<string, Pen>} */
export const PENS = {
  cone: { colour: "#ffffff", width: 2.2, dash: [] },
  axis: { colour: "#ffffff", width: 1.5, dash: [10, 6] },
  exit: { colour: "#60a0ff", width: 4, dash: [] },
  bed: { colour: "#ebebeb", width: 2.2, dash: [2, 6] },
  area: { colour: "#ff8cff", width: 3, dash: [14, 5] },
  keepOut: { colour: "#ffa03c", width: 3, dash: [10, 4, 2, 4] },
  draft: { colour: "#ffffff", width: 2.5, dash: [5, 4] },
  cursor: { colour: "#ffffff", width: 2.5, dash: [] },
};
const HALO = "#000000";
const HALO_PX = 2.4;
const POINT_RADIUS_PX = 6;
const CURSOR_PX = 14;
const NAME_PX = 17;
const NAME_FONT = "'DejaVu Sans', Verdana, sans-serif";
const USUAL_WIDTH_PX = 848; // all widths above are for this; they grow and shrink with the picture

export class PictureView {
  constructor() {
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("picture"));
    const context = this.canvas.getContext("2d", { alpha: false }); // opaque: cheaper to lay on the page
    if (!context) throw new Error("this browser draws no canvas");
    this.context = context;
    this.size = { width: 848, height: 480 };
  }

  /** Pixels of the picture for one pixel of a picture of the usual width. */
  get unit() {
    return this.size.width / USUAL_WIDTH_PX;
  }

  /**
   * @param {ImageBitmap|null} image
   * @param {Header} header
   */
  show(image, header) {
    this.#begin(header.picture, image);
    const { drawing } = header;
    this.#lines(drawing.bed, PENS.bed);
    this.#lines(drawing.cone, PENS.cone);
    this.#lines(drawing.axis ?? [], PENS.axis);
    this.#lines(drawing.exit_ring, PENS.exit);
    this.#areas(drawing);
  }

  /**
   * A still picture with an outline in the making, among those that it showed already.
   * @param {ImageBitmap|null} image
   * @param {{width: number, height: number}} size
   * @param {Point[]} points
   * @param {Areas} areas
   * @param {Point|null} cursor  of who draws by keys
   */
  showStill(image, size, points, areas, cursor = null) {
    this.#begin(size, image);
    this.#areas(areas);
    const closed = points.length > 2 ? [...points, /** @type {Point} */ (points[0])] : points;
    this.#lines([closed], PENS.draft);
    for (const [u, v] of points) {
      this.context.beginPath();
      this.context.arc(u, v, POINT_RADIUS_PX * this.unit, 0, 2 * Math.PI);
      this.context.fillStyle = PENS.draft?.colour ?? "";
      this.context.fill();
      this.context.lineWidth = HALO_PX * this.unit;
      this.context.strokeStyle = HALO;
      this.context.stroke();
    }
    if (cursor) this.#lines(cross(cursor, CURSOR_PX * this.unit), PENS.cursor);
  }

  /** @param {Areas} areas */
  #areas(areas) {
    this.#lines(areas.area_at_risk, PENS.area);
    for (const { name, lines } of areas.keep_out) {
      this.#lines(lines, PENS.keepOut);
      this.#name(lines, name);
    }
    for (const { name, lines } of areas.draft) {
      this.#lines(lines, PENS.draft);
      this.#name(lines, name);
    }
  }

  /**
   * The pixel of the picture under a pointer; null beside the picture.
   * @param {{clientX: number, clientY: number}} event
   * @returns {Point|null}
   */
  pixelAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const u = ((event.clientX - box.left) / box.width) * this.size.width - 0.5;
    const v = ((event.clientY - box.top) / box.height) * this.size.height - 0.5;
    const isOn = u >= -0.5 && v >= -0.5 && u <= this.size.width - 0.5 && v <= this.size.height - 0.5;
    return isOn ? [Math.round(10 * u) / 10, Math.round(10 * v) / 10] : null;
  }

  /**
   * @param {{width: number, height: number}} size
   * @param {ImageBitmap|null} image
   */
  #begin(size, image) {
    this.size = size;
    const { canvas, context } = this;
    const ratio = `${size.width} / ${size.height}`;
    if (canvas.style.aspectRatio !== ratio) canvas.style.aspectRatio = ratio;
    const shown = canvas.clientWidth * devicePixelRatio;
    const scale = shown > 0 ? shown / size.width : 1;
    const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    if (image) context.drawImage(image, 0, 0, width, height);
    else context.fillRect(0, 0, width, height);
    // integer pixel coordinates are pixel centres
    context.setTransform(width / size.width, 0, 0, height / size.height, 0.5 * scale, 0.5 * scale);
    context.lineJoin = "round";
    context.lineCap = "butt";
  }

  /**
   * @param {Line[]} lines
   * @param {Pen|undefined} pen
   */
  #lines(lines, pen) {
    if (!pen) return;
    const path = new Path2D();
    for (const line of lines) {
      line.forEach(([u, v], index) => (index ? path.lineTo(u, v) : path.moveTo(u, v)));
    }
    this.context.setLineDash([]);
    this.context.lineWidth = (pen.width + HALO_PX) * this.unit;
    this.context.strokeStyle = HALO;
    this.context.stroke(path);
    this.context.setLineDash(pen.dash.map((length) => length * this.unit));
    this.context.lineWidth = pen.width * this.unit;
    this.context.strokeStyle = pen.colour;
    this.context.stroke(path);
    this.context.setLineDash([]);
  }

  /**
   * @param {Line[]} lines
   * @param {string} name
   */
  #name(lines, name) {
    const points = lines.flat();
    if (!points.length) return;
    const u = points.reduce((sum, point) => sum + point[0], 0) / points.length;
    const v = Math.min(...points.map((point) => point[1])) - NAME_PX * this.unit; // above it
    const said = name.replaceAll("_", " ");
    this.context.font = `bold ${NAME_PX * this.unit}px ${NAME_FONT}`;
    this.context.textAlign = "center";
    this.context.textBaseline = "middle";
    this.context.lineWidth = 4 * this.unit;
    this.context.strokeStyle = HALO;
    this.context.strokeText(said, u, v);
    this.context.fillStyle = "#ffffff";
    this.context.fillText(said, u, v);
  }
}

/**
 * A cross-hair, as two lines.
 * @param {Point} middle
 * @param {number} arm
 * @returns {Line[]}
 */
function cross([u, v], arm) {
  return [
    [[u - arm, v], [u + arm, v]],
    [[u, v - arm], [u, v + arm]],
  ];
}
