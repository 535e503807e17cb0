/**
 * An outline in the making, with undo and redo. Pure: every change returns a new one.
 *
 * All points belong to one picture (`frameIndex`), which stands still while it is drawn on.
 */

/**
 * @typedef {import("./types.js").Point} Point
 *
 * @typedef {object} Contour
 * @property {string} name  area_at_risk or keep_out.NAME
 * @property {number} frameIndex
 * @property {Point[]} points
 * @property {Point[][]} past
 * @property {Point[][]} future
 */

export const MIN_POINTS = 3;
export const MAX_POINTS = 200;

/**
 * @param {string} name
 * @param {number} frameIndex
 * @returns {Contour}
 */
export function emptyContour(name, frameIndex) {
  return { name, frameIndex, points: [], past: [], future: [] };
}

/**
 * @param {Contour} contour
 * @param {Point} point
 * @returns {Contour}
 */
export function withPoint(contour, point) {
  if (contour.points.length >= MAX_POINTS) return contour;
  return changed(contour, [...contour.points, point]);
}

/**
 * One more point of a line that is being drawn: part of the same step for undo.
 * @param {Contour} contour
 * @param {Point} point
 * @param {number} stepPx  a nearer one is left out
 * @returns {Contour}
 */
export function withStrokePoint(contour, point, stepPx) {
  const last = contour.points[contour.points.length - 1];
  const isFar = !last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= stepPx;
  if (!isFar || contour.points.length >= MAX_POINTS) return contour;
  return { ...contour, points: [...contour.points, point] };
}

/**
 * Move one point; `isSameStep` while it is still being dragged.
 * @param {Contour} contour
 * @param {number} index
 * @param {Point} to
 * @param {boolean} isSameStep
 * @returns {Contour}
 */
export function withMovedPoint(contour, index, to, isSameStep) {
  const points = contour.points.map((point, i) => (i === index ? to : point));
  return isSameStep ? { ...contour, points } : changed(contour, points);
}

/**
 * @param {Contour} contour
 * @returns {Contour}
 */
export function undone(contour) {
  const before = contour.past[contour.past.length - 1];
  if (!before) return contour;
  const past = contour.past.slice(0, -1);
  return { ...contour, points: before, past, future: [contour.points, ...contour.future] };
}

/**
 * @param {Contour} contour
 * @returns {Contour}
 */
export function redone(contour) {
  const [after, ...future] = contour.future;
  if (!after) return contour;
  return { ...contour, points: after, past: [...contour.past, contour.points], future };
}

/**
 * Index of the point nearest to `at` within `reachPx`; -1 where there is none.
 * @param {Contour} contour
 * @param {Point} at
 * @param {number} reachPx
 */
export function pointNear(contour, at, reachPx) {
  let found = -1;
  let least = reachPx;
  contour.points.forEach((point, index) => {
    const distance = Math.hypot(point[0] - at[0], point[1] - at[1]);
    if (distance <= least) {
      found = index;
      least = distance;
    }
  });
  return found;
}

/** @param {Contour} contour */
export function isWhole(contour) {
  return contour.points.length >= MIN_POINTS;
}

/**
 * @param {Contour} contour
 * @param {Point[]} points
 * @returns {Contour}
 */
function changed(contour, points) {
  return { ...contour, points, past: [...contour.past, contour.points], future: [] };
}
