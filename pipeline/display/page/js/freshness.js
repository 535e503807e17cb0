/**
 * Decides until when a frame may be shown. Pure: every time is passed in, in ms of one clock.
 *
 * The server tells a frame's age when it wrote it. How long the message then lay in a socket or
 * behind a blocked script is bounded twice, and the smaller bound counts:
 *
 * - it was written after this page asked for it (`drawn`), so it lay no longer than since then;
 * - against the least delay of the frames before it, by the camera's stamps, it was late by so
 *   much; that least delay is at most what opening the connection took.
 *
 * Fails to: not shown.
 */

export const MAX_AGE_MS = 250; // issue 7: the verdict blanks itself when its data is older
export const LEAD_MS = 20; // the compositor needs up to one frame of a 60 Hz screen to blank
const WINDOW = 64; // frames of which the least delay is taken: about two seconds

/** @typedef {{sequence: number, stampNs: number, ageMs: number, receivedMs: number, askedMs: number}} Arrival */

export class Freshness {
  constructor() {
    this.lastSequence = -1;
    this.lastStampNs = NaN;
    this.isNewConnection = true;
    this.leastOpenMs = Infinity;
    /** @type {number[]} */
    this.delays = [];
  }

  /**
   * A connection was opened; the clocks behind it may be others.
   * @param {number} openingMs  how long opening took
   */
  connected(openingMs) {
    this.isNewConnection = true;
    this.leastOpenMs = openingMs;
    this.delays = [];
  }

  /**
   * Age in ms of a frame when it arrived, at most; null for a frame that renews nothing:
   * a repeated or older one, or one without a proper age.
   * @param {Arrival} arrival
   * @returns {number|null}
   */
  ageAtArrival(arrival) {
    const { sequence, stampNs, ageMs, receivedMs, askedMs } = arrival;
    const isRising = this.isNewConnection
      ? sequence !== this.lastSequence
      : sequence > this.lastSequence;
    const isNew = isRising && stampNs !== this.lastStampNs;
    const isProper = [sequence, stampNs, ageMs].every(Number.isFinite) && ageMs >= 0;
    if (!isNew || !isProper) return null;
    this.isNewConnection = false;
    this.lastSequence = sequence;
    this.lastStampNs = stampNs;
    return ageMs + this.#lyingMs(receivedMs - ageMs - stampNs / 1e6, receivedMs - askedMs);
  }

  /**
   * @param {number} delayMs  clock of the page against the camera's, and the way
   * @param {number} sinceAskedMs
   */
  #lyingMs(delayMs, sinceAskedMs) {
    this.leastOpenMs = Math.min(this.leastOpenMs, sinceAskedMs);
    const least = this.delays.length ? Math.min(...this.delays) : -Infinity;
    this.delays.push(delayMs);
    if (this.delays.length > WINDOW) this.delays.shift();
    const late = Math.max(0, delayMs - least) + this.leastOpenMs;
    return Math.max(0, Math.min(sinceAskedMs, late));
  }
}

/**
 * When what is shown ends: the moment of exposure plus the limit, less what blanking takes.
 * @param {number} receivedMs
 * @param {number} ageAtArrivalMs
 */
export function deadline(receivedMs, ageAtArrivalMs) {
  return receivedMs - ageAtArrivalMs + MAX_AGE_MS - LEAD_MS;
}
