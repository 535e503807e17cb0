/**
 * Decides until when a frame may be shown. Pure: every time is passed in, in ms of one clock.
 *
 * The server tells a frame's age when it wrote it. How long the message then lay in a socket or
 * behind a blocked script is bounded by every frame of the last seconds, and the smallest bound counts:
 *
 * - a message was written after this page asked for it (`drawn`), so it lay no longer than since then;
 * - by the camera's stamps the page knows how much longer one message lay than another.
 *
 * What every message of the last seconds suffers is never taken for the way's least: a delay that
 * comes and stays is counted as long as it stays. Fails to: not shown.
 */

export const MAX_AGE_MS = 250; // issue 7: the verdict blanks itself when its data is older
export const LEAD_MS = 20; // the compositor needs up to one frame of a 60 Hz screen to blank
const WINDOW = 64; // frames that bound the next one's age: about two seconds

/** @typedef {{sequence: number, stampNs: number, ageMs: number, receivedMs: number, askedMs: number}} Arrival */

export class Freshness {
  constructor() {
    this.lastSequence = -1;
    this.lastStampNs = NaN;
    this.isNewConnection = true;
    /** @type {number[]} */
    this.bounds = []; // by frame: on how long a message lay whose clocks differ by nothing
  }

  /** A connection was opened; the clocks behind it may be others. */
  connected() {
    this.isNewConnection = true;
    this.bounds = [];
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
   * A message of delay d, asked for since a, lay for some x of at most a. Of two messages x - d is
   * the same: so it is at most the least of all a - d.
   * @param {number} delayMs  clock of the page against the camera's, and the way
   * @param {number} sinceAskedMs
   */
  #lyingMs(delayMs, sinceAskedMs) {
    this.bounds.push(sinceAskedMs - delayMs);
    if (this.bounds.length > WINDOW) this.bounds.shift();
    return Math.max(0, delayMs + Math.min(...this.bounds));
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
