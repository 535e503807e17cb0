/**
 * What the verdict's banner says about one frame. Pure.
 *
 * READY is said only with the supervisor's lease and without any reason; anything else that calls
 * itself READY is UNSURE. An unknown verdict is UNSURE too.
 */

import { worstShare } from "./gauge.js";
import { moveText } from "./guidance.js";

/**
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./types.js").Move} Move
 * @typedef {import("./types.js").Verdict} Verdict
 * @typedef {import("./words/catalogue.js").Words} Words
 *
 * @typedef {object} Banner
 * @property {Verdict} verdict
 * @property {string} word
 * @property {string} number
 * @property {string} sentence
 * @property {string} action
 * @property {number|null} armingShare  0 to 1 while arming
 */

const DISTANCES = ["air_gap_mm", "docking_gap_mm", "ssd_error_mm"];

/**
 * Which moves take a reason away, as pipeline/overlay/banner.py.
 * @type {Record<string, string[]>}
 */
const CURED_BY = {
  SSD_HIGH: DISTANCES,
  SSD_LOW: DISTANCES,
  COVERAGE_LOW: ["coverage_fraction"],
  AIR_GAP_HIGH: ["air_gap_mm"],
  AIR_GAP_LOW: ["air_gap_mm"],
  AIR_GAP_RIM_HIGH: ["incidence_deg"],
  INCIDENCE_HIGH: ["incidence_deg"],
  DOCKING_GAP_HIGH: ["docking_gap_mm"],
  DOCKING_GAP_LOW: ["docking_gap_mm"],
  LATERAL_HIGH: ["docking_lateral_mm"],
  TILT_HIGH: ["docking_tilt_deg"],
  ARMING: [
    "incidence_deg",
    "coverage_fraction",
    "air_gap_mm",
    "docking_gap_mm",
    "docking_lateral_mm",
    "docking_tilt_deg",
    "ssd_error_mm",
  ],
};

/**
 * Where only one way takes a reason away; as pipeline/overlay/banner.py.
 * @type {Record<string, string>}
 */
const ONLY = { SSD_HIGH: "down", SSD_LOW: "up" };

/**
 * The reason that people can do something about now: a time-out whose step is blocked by others is none.
 * @param {Header} header
 * @returns {string|undefined}
 */
function firstReason({ reasons, session }) {
  const isBlocked = session?.steps.some((step) => step.id === "time_out" && step.state === "blocked");
  return isBlocked ? (reasons.find((reason) => reason !== "NO_TIMEOUT") ?? reasons[0]) : reasons[0];
}

/**
 * @param {Header} header
 * @returns {Verdict}
 */
export function shownVerdict(header) {
  const { verdict, reasons, holds_lease } = header;
  if (verdict === "READY") {
    return holds_lease === true && reasons.length === 0 ? "READY" : "UNSURE";
  }
  return verdict === "HOLD" || verdict === "FAULT" ? verdict : "UNSURE";
}

/**
 * @param {Header} header
 * @param {Words} words
 * @returns {Banner}
 */
export function bannerOf(header, words) {
  const verdict = shownVerdict(header);
  const [sentence, action] = sentences(header, verdict, words);
  const isArming = header.reasons.join() === "ARMING";
  return {
    verdict,
    word: words.text(`verdict.${verdict}`),
    number: numberOf(header, verdict, words),
    sentence,
    action,
    armingShare: isArming ? header.arming.passed / header.arming.needed : null,
  };
}

/**
 * The moves that take the first reason away; those of the most fitting quantity.
 * @param {Header} header
 * @returns {Move[]}
 */
export function curingMoves(header) {
  const reason = firstReason(header) ?? "";
  const only = ONLY[reason];
  for (const quantity of CURED_BY[reason] ?? []) {
    const found = header.moves.filter((move) => move.quantity === quantity && (!only || move.way === only));
    if (found.length) return found;
  }
  return [];
}

/**
 * @param {Header} header
 * @param {Verdict} verdict
 * @param {Words} words
 * @returns {[string, string]}
 */
function sentences(header, verdict, words) {
  const first = firstReason(header);
  if (first === undefined) {
    return verdict === "READY"
      ? [words.text("ready.sentence"), words.text("ready.action")]
      : [words.text("lease.sentence"), words.text("lease.action")];
  }
  const [sentence, action] = words.sentence(first);
  const told = curingMoves(header).map((move) => moveText(move, words));
  return [sentence, told.length ? `${told.join(", ")}.` : action];
}

/**
 * @param {Header} header
 * @param {Verdict} verdict
 * @param {Words} words
 */
function numberOf(header, verdict, words) {
  const { reasons, arming } = header;
  if (verdict === "READY") {
    const share = worstShare(header.bars);
    return share === null ? "" : words.text("number.ofLimit", { n: words.number(share, 0) });
  }
  if (reasons.join() === "ARMING") return words.text("number.arming", arming);
  if (verdict === "HOLD") {
    const deviation = deviationText(header, words);
    if (deviation) return deviation;
  }
  if (reasons.length === 0) return "";
  return reasons.length === 1
    ? words.text("number.cause")
    : words.text("number.causes", { n: reasons.length });
}

/**
 * @param {Header} header
 * @param {Words} words
 */
function deviationText(header, words) {
  const move = curingMoves(header)[0];
  if (move) return `${words.number(move.amount, 1)}${move.unit === "deg" ? "°" : " mm"}`;
  const coverage = header.alignment["coverage_fraction"]?.value ?? null;
  if (firstReason(header) === "COVERAGE_LOW" && coverage !== null) {
    return `${words.number(100 * coverage, 0)} %`;
  }
  const intrusion = header.alignment["intrusion_mm"]?.value ?? null;
  if (firstReason(header) === "INTRUSION_HIGH" && intrusion !== null) {
    return `${words.number(intrusion, 1)} mm`;
  }
  return "";
}
