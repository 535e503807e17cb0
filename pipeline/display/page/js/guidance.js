/** What to move, in words and as an arrow. The session decides; here it is only worded. */

/**
 * @typedef {import("./types.js").Move} Move
 * @typedef {import("./types.js").Labels} Labels
 * @typedef {import("./words/catalogue.js").Words} Words
 *
 * @typedef {"up"|"down"|"plus_x"|"minus_x"|"plus_y"|"minus_y"|"flush"|"?"} Way
 */

const DIGITS = 1;

/**
 * "Head 3.1 mm right", "Tilt cone top 4.8° to stand flush".
 * @param {Move} move
 * @param {Words} words
 */
export function moveText(move, words) {
  const amount = words.number(move.amount, DIGITS);
  const way = move.way === "label" ? (move.label ?? "?") : words.text(`way.${move.way}`);
  if (move.unit === "deg") return words.text(`move.tilt.${move.mover}`, { amount, way });
  return words.text("move.shift", { mover: words.text(`mover.${move.mover}`), amount, way });
}

/**
 * Which arrow a move has: vertical, or one of the four directions of the gauge.
 * @param {Move} move
 * @param {Labels} labels
 * @returns {Way}
 */
export function wayOf(move, labels) {
  if (move.way !== "label") return move.way;
  for (const axis of /** @type {const} */ (["plus_x", "minus_x", "plus_y", "minus_y"])) {
    if (labels[axis] === move.label) return axis;
  }
  return "?";
}

/** Causes that say nothing against where head and cone are. */
const NOT_OF_PLACE = ["ARMING", "NO_TIMEOUT"];

/**
 * What stands in the place of the moves where there are none.
 * @param {import("./types.js").Header} header
 * @returns {"moves.none"|"moves.untold"|"moves.invalid"|"moves.coverage"}
 */
export function noMoveKey(header) {
  if (header.verdict === "FAULT") return "moves.invalid";
  const isInPlace =
    header.reasons.every((reason) => NOT_OF_PLACE.includes(reason)) &&
    [...header.bars, ...header.dials].every((limited) => limited.inside);
  if (header.verdict === "READY" || isInPlace) return "moves.none";
  return header.reasons.includes("COVERAGE_LOW") ? "moves.coverage" : "moves.untold";
}
