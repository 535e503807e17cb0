/**
 * Where the marks of the gauge stand. Pure geometry; the same scales as the overlay's dials and bars.
 *
 * Dials are seen from above the head: head +x to the right, head +y up. The mark lies where the
 * head (for tilt: its top) must go, so the arrow from the middle to it is the way to move.
 * Upright bars: a larger value stands higher; the part is too high and the arrow points down.
 */

/**
 * @typedef {import("./types.js").Bar} Bar
 * @typedef {import("./types.js").Dial} Dial
 *
 * @typedef {object} DialMark
 * @property {number} x  -1 to 1 of the dial's radius, right
 * @property {number} y  -1 to 1, down (as on a screen)
 * @property {number} spread  radius of 3 sigma, of the dial's radius
 * @property {boolean} isBeyond  it lies outside the dial and is drawn at its edge
 * @property {boolean} isInside  inside the limit
 *
 * @typedef {object} BarMark
 * @property {number} at  0 lowest to 1 highest
 * @property {number} from  3 sigma below
 * @property {number} to  3 sigma above
 * @property {number|null} lower
 * @property {number|null} upper
 * @property {number|null} planned
 * @property {boolean} isInside
 * @property {-1|0|1} arrow  which way the value has to go: -1 less, 1 more, 0 stay
 */

export const FULL_SCALE_LIMITS = 2.5; // the dial's edge, in tolerances
const K_SIGMA = 3;
const BEYOND = 0.75; // of the allowed range, shown on either side of it

/**
 * @param {Dial} dial
 * @returns {DialMark|null} null where it is not observable
 */
export function dialMark(dial) {
  const { x, y, sigma, tolerance } = dial;
  if (x === null || y === null || sigma === null || !(tolerance > 0)) return null;
  const full = FULL_SCALE_LIMITS * tolerance;
  const length = Math.hypot(x, y) / full;
  const shrink = length > 1 ? 1 / length : 1;
  return {
    x: (x / full) * shrink,
    y: (-y / full) * shrink || 0,
    spread: Math.min((K_SIGMA * sigma) / full, 1),
    isBeyond: length > 1,
    isInside: dial.inside === true,
  };
}

/**
 * @param {Bar} bar
 * @returns {BarMark|null} null where it is not observable
 */
export function barMark(bar) {
  const { value, sigma } = bar;
  if (value === null || sigma === null) return null;
  const [low, high] = shownRange(bar);
  /** @param {number} v */
  const place = (v) => Math.min(Math.max((v - low) / (high - low), 0), 1);
  /** @param {number|null} v */
  const placeOf = (v) => (v === null ? null : place(v));
  return {
    at: place(value),
    from: place(value - K_SIGMA * sigma),
    to: place(value + K_SIGMA * sigma),
    lower: placeOf(bar.lower),
    upper: placeOf(bar.upper),
    planned: placeOf(bar.planned),
    isInside: bar.inside === true,
    arrow: wayBack(bar, value),
  };
}

/**
 * @param {Bar} bar
 * @returns {[number, number]}
 */
export function shownRange(bar) {
  const { lower, upper } = bar;
  if (lower !== null && upper !== null) {
    const margin = BEYOND * (upper - lower);
    return [lower - margin, upper + margin];
  }
  if (upper !== null) return [0, upper * (1 + BEYOND)];
  if (lower !== null) return [lower - (1 - lower || 1) * (1 + BEYOND), Math.max(1, lower)];
  return [0, 1];
}

/**
 * @param {Bar} bar
 * @param {number} value
 * @returns {-1|0|1}
 */
function wayBack(bar, value) {
  if (bar.upper !== null && value > bar.upper) return -1;
  if (bar.lower !== null && value < bar.lower) return 1;
  return 0;
}

/**
 * The largest share of its tolerance that a quantity uses, 3 sigma included, in percent: the bound that
 * tracking/limit_checks.py holds against the tolerance.
 * @param {Bar[]} bars
 * @returns {number|null} null where nothing can be told
 */
export function worstShare(bars) {
  let worst = null;
  for (const bar of bars) {
    const share = shareOf(bar);
    if (share !== null) worst = Math.max(worst ?? 0, share);
  }
  return worst;
}

/**
 * @param {Bar} bar
 * @returns {number|null}
 */
function shareOf(bar) {
  const { value, sigma, lower, upper } = bar;
  if (value === null || sigma === null) return null;
  const goal = goalOf(bar);
  const tolerance = upper !== null ? upper - goal : lower !== null ? goal - lower : 0;
  return tolerance > 0 ? (100 * (Math.abs(value - goal) + K_SIGMA * sigma)) / tolerance : null;
}

/**
 * What is best where nothing is planned: all of a share that has a least one, none of what has a most.
 * @param {Bar} bar
 */
function goalOf({ planned, upper }) {
  return planned ?? (upper === null ? 1 : 0);
}
