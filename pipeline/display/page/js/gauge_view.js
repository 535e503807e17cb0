/** Draws the docking gauge: what to move in words, two dials, two upright bars, rows for the rest. */

import { byId, el, renew, svg } from "./dom.js";
import { barMark, dialMark, FULL_SCALE_LIMITS } from "./gauge.js";
import { moveText, noMoveKey, wayOf } from "./guidance.js";
import { quantityText } from "./quantities.js";
import { arrowShape } from "./shapes.js";

/**
 * @typedef {import("./types.js").Bar} Bar
 * @typedef {import("./types.js").Dial} Dial
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./types.js").Labels} Labels
 * @typedef {import("./words/catalogue.js").Words} Words
 * @typedef {import("./words/catalogue.js").Key} Key
 */

const RADIUS = 84;
const MAX_MOVES = 3;
const UPRIGHT = ["docking_gap_mm", "air_gap_mm"];
const BY_DIALS = ["docking_tilt_deg", "docking_lateral_mm"];

export class GaugeView {
  constructor() {
    this.moves = byId("moves");
    this.figures = byId("figures");
    this.rows = byId("rows");
  }

  /**
   * @param {Header} header
   * @param {Words} words
   */
  show(header, words) {
    if (header.verdict === "FAULT") {
      const text = words.text(noMoveKey(header));
      renew(this.moves, el("li", { class: "quiet", text }));
      renew(this.figures);
      renew(this.rows);
      return;
    }
    renew(this.moves, ...moveItems(header, words));
    const upright = header.bars.filter((bar) => UPRIGHT.includes(bar.name));
    renew(
      this.figures,
      ...header.dials.map((dial) => dialFigure(dial, header.labels, words)),
      ...upright.map((bar) => barFigure(bar, words)),
    );
    const rest = header.bars.filter((b) => !UPRIGHT.includes(b.name) && !BY_DIALS.includes(b.name));
    renew(this.rows, ...rest.map((bar) => barRow(bar, words)));
  }
}

/**
 * @param {Header} header
 * @param {Words} words
 */
function moveItems(header, words) {
  if (!header.moves.length) return [el("li", { class: "quiet", text: words.text(noMoveKey(header)) })];
  const told = header.moves.length > MAX_MOVES ? MAX_MOVES - 1 : MAX_MOVES;
  const items = header.moves.slice(0, told).map((move) =>
    el(
      "li",
      { class: "move" },
      arrowShape(wayOf(move, header.labels)),
      el("span", { text: moveText(move, words) }),
    ),
  );
  const more = header.moves.length - items.length;
  if (more > 0) items.push(el("li", { class: "quiet", text: words.text("moves.more", { n: more }) }));
  return items;
}

/**
 * @param {Dial} dial
 * @param {Labels} labels
 * @param {Words} words
 */
function dialFigure(dial, labels, words) {
  const isCross = dial.name === "docking_lateral_mm";
  const title = words.ofCode("quantity", dial.name);
  const size = dial.x === null || dial.y === null ? null : Math.hypot(dial.x, dial.y);
  const value = quantityText({ name: dial.name, unit: dial.unit, value: size }, words);
  const picture = svg("svg", { viewBox: "-92 -110 184 220", "aria-hidden": "true" });
  const limit = RADIUS / FULL_SCALE_LIMITS;
  picture.append(svg("circle", { class: "edge", r: RADIUS }));
  if (isCross) {
    picture.append(svg("path", { class: "edge", d: `M${-RADIUS} 0H${RADIUS}M0 ${-RADIUS}V${RADIUS}` }));
  } else {
    for (const step of [1.5, 2]) picture.append(svg("circle", { class: "faint", r: step * limit }));
  }
  picture.append(svg("circle", { class: "limit", r: limit }), ...edgeWords(labels));
  picture.append(...dialParts(dial, isCross));
  return figure(title, value, picture, `dial ${isCross ? "lateral" : "tilt"}`);
}

/** @param {Labels} labels */
function edgeWords(labels) {
  const side = RADIUS - 5;
  /** @type {[string, number, number, string][]} */
  const places = [
    [labels.plus_y, 0, -RADIUS - 8, "middle"],
    [labels.minus_y, 0, RADIUS + 20, "middle"],
    [labels.plus_x, side, -6, "end"],
    [labels.minus_x, -side, -6, "start"],
  ];
  return places.map(([text, x, y, anchor]) => svg("text", { x, y, "text-anchor": anchor, text }));
}

/**
 * @param {Dial} dial
 * @param {boolean} isCross
 */
function dialParts(dial, isCross) {
  const mark = dialMark(dial);
  if (!mark) return [svg("text", { class: "unknown", y: 26, "text-anchor": "middle", text: "?" })];
  const [x, y] = [mark.x * RADIUS, mark.y * RADIUS];
  const state = mark.isInside ? "inside" : "outside";
  const parts = [];
  const spread = mark.spread * RADIUS;
  if (!mark.isBeyond && spread > 3) parts.push(svg("circle", { class: `spread ${state}`, cx: x, cy: y, r: spread }));
  if (mark.isInside) {
    const hollow = isCross ? "" : " hollow";
    parts.push(svg("circle", { class: `mark ${state}${hollow}`, cx: x, cy: y, r: isCross ? 9 : 11 }));
    return parts;
  }
  const length = Math.hypot(x, y) || 1;
  const degrees = (Math.atan2(y, x) * 180) / Math.PI;
  const turn = `rotate(${degrees})`;
  parts.push(
    svg("path", { class: `shaft ${state}`, d: `M0 0H${Math.max(length - 18, 1)}`, transform: turn }),
    svg("path", { class: `tip ${state}`, d: `M${length} 0L${length - 24} -14V14Z`, transform: turn }),
  );
  return parts;
}

/**
 * @param {Bar} bar
 * @param {Words} words
 */
function barFigure(bar, words) {
  const [top, bottom] = [-100, 100];
  /** @param {number} share */
  const height = (share) => bottom + share * (top - bottom);
  const picture = svg("svg", { viewBox: "-56 -112 112 224", "aria-hidden": "true" });
  picture.append(svg("path", { class: "edge", d: `M0 ${top}V${bottom}` }));
  const mark = barMark(bar);
  if (!mark) {
    picture.append(svg("text", { class: "unknown", y: 26, "text-anchor": "middle", text: "?" }));
  } else {
    const state = mark.isInside ? "inside" : "outside";
    picture.append(band(height(mark.lower ?? 0), height(mark.upper ?? 1)));
    for (const limit of [mark.lower, mark.upper]) {
      if (limit !== null) picture.append(svg("path", { class: "limit", d: `M-26 ${height(limit)}H26` }));
    }
    if (mark.planned !== null) picture.append(svg("path", { class: "edge", d: `M-15 ${height(mark.planned)}H15` }));
    picture.append(
      svg("rect", {
        class: `spread-fill ${state}`,
        x: -5,
        width: 10,
        y: height(mark.to),
        height: Math.max(height(mark.from) - height(mark.to), 1),
      }),
    );
    const at = height(mark.at);
    if (mark.arrow === 0) picture.append(svg("circle", { class: `mark ${state}`, cy: at, r: 11 }));
    else {
      const end = at - 46 * mark.arrow;
      picture.append(
        svg("path", { class: `shaft ${state}`, d: `M0 ${at}V${end + 14 * mark.arrow}` }),
        svg("path", { class: `tip ${state}`, d: `M0 ${end}l-16 ${24 * mark.arrow}h32Z` }),
      );
    }
  }
  const title = words.ofCode("quantity", bar.name);
  return figure(title, quantityText(bar, words), picture, `bar ${bar.name}`);
}

/**
 * @param {number} from
 * @param {number} to
 */
function band(from, to) {
  return svg("rect", { class: "band", x: -12, width: 24, y: Math.min(from, to), height: Math.abs(to - from) });
}

/**
 * @param {Bar} bar
 * @param {Words} words
 */
function barRow(bar, words) {
  const picture = svg("svg", { viewBox: "0 0 240 40", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(svg("path", { class: "edge", d: "M6 20H234" }));
  const mark = barMark(bar);
  /** @param {number} share */
  const column = (share) => 6 + 228 * share;
  if (mark) {
    const state = mark.isInside ? "inside" : "outside";
    for (const limit of [mark.lower, mark.upper]) {
      if (limit !== null) picture.append(svg("path", { class: "limit", d: `M${column(limit)} 5V35` }));
    }
    const [from, to, at] = [column(mark.from), column(mark.to), column(mark.at)];
    picture.append(svg("rect", { class: `spread-fill ${state}`, x: from, width: Math.max(to - from, 1), y: 16, height: 8 }));
    const way = 14 * mark.arrow;
    picture.append(
      mark.arrow === 0
        ? svg("circle", { class: `mark ${state}`, cx: at, cy: 20, r: 9 })
        : svg("path", { class: `tip ${state}`, d: `M${at + way} 20L${at - way} 6V34Z` }),
    );
  }
  return el(
    "div",
    { class: `row ${bar.name}` },
    el("span", { class: "name", text: words.ofCode("quantity", bar.name) }),
    picture,
    el("span", { class: "value", text: quantityText(bar, words) }),
  );
}

/**
 * @param {string} title
 * @param {string} value
 * @param {SVGElement} picture
 * @param {string} kind
 */
function figure(title, value, picture, kind) {
  return el(
    "figure",
    { class: kind },
    el("figcaption", {}, el("span", { class: "name", text: title }), el("span", { class: "value", text: value })),
    picture,
  );
}
