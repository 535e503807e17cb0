/** One shape for each verdict, told apart without colour: in a box of 100 by 100. */

import { svg } from "./dom.js";

/** @typedef {import("./types.js").Verdict} Verdict */

/** Outline, and the figure cut out of it. @type {Record<Verdict, () => SVGElement[]>} */
const PARTS = {
  READY: () => [
    svg("circle", { cx: 50, cy: 50, r: 48 }),
    svg("path", { class: "cut stroke", d: "M26 52 L43 69 L75 33" }),
  ],
  HOLD: () => [
    svg("polygon", { points: "30,2 70,2 98,30 98,70 70,98 30,98 2,70 2,30" }),
    svg("rect", { class: "cut", x: 32, y: 24, width: 13, height: 52, rx: 4 }),
    svg("rect", { class: "cut", x: 55, y: 24, width: 13, height: 52, rx: 4 }),
  ],
  UNSURE: () => [
    svg("polygon", { points: "50,0 100,50 50,100 0,50" }),
    svg("path", { class: "cut stroke", d: "M37 39 A13.5 13.5 0 1 1 50 53 L50 60" }),
    svg("circle", { class: "cut", cx: 50, cy: 75, r: 5.5 }),
  ],
  FAULT: () => [
    svg("polygon", { points: "50,2 99,94 1,94" }),
    svg("rect", { class: "cut", x: 44, y: 33, width: 12, height: 33, rx: 4 }),
    svg("circle", { class: "cut", cx: 50, cy: 79, r: 7 }),
  ],
};

/** @param {Verdict} verdict */
export function verdictShape(verdict) {
  return svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, ...PARTS[verdict]());
}

/**
 * An arrow that shows a way; "up" and "down" have a bar to move away from, the four directions of
 * the gauge have none.
 * @param {import("./guidance.js").Way} way
 */
export function arrowShape(way) {
  const parts = {
    plus_x: () => arrow(0),
    minus_y: () => arrow(90),
    minus_x: () => arrow(180),
    plus_y: () => arrow(270),
    up: () => [...arrow(270), line("M18 94 H82")],
    down: () => [...arrow(90), line("M18 6 H82")],
    flush: () => [line("M10 82 H90"), line("M26 66 L70 22"), line("M70 66 V22")],
    "?": () => [line("M20 50 H80")],
  };
  return svg("svg", { viewBox: "0 0 100 100", class: "arrow", "aria-hidden": "true" }, ...parts[way]());
}

/** @param {number} degrees */
function arrow(degrees) {
  const turn = `rotate(${degrees} 50 50)`;
  return [
    svg("path", { d: "M14 50 H62", class: "stroke", transform: turn }),
    svg("polygon", { points: "56,22 90,50 56,78", transform: turn }),
  ];
}

/** @param {string} d */
function line(d) {
  return svg("path", { d, class: "stroke" });
}
