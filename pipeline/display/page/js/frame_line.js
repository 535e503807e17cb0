/** The line under the picture: who and what, and how old what is shown is. */

import { byId, setText } from "./dom.js";

/**
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./words/catalogue.js").Words} Words
 */

/**
 * @param {Header} header
 * @param {Words} words
 */
export function showIdentity(header, words) {
  const { session } = header;
  const parts = session
    ? [session.patient_id, session.plan_id, session.machine, session.applicator_planned]
    : [words.text("session.none")];
  setText(byId("identity"), parts.filter(Boolean).join("  ·  "));
  const warnings = session?.storage.warnings ?? [];
  const warning = warnings.map((told) => storageSentence(told, words)).join(" ");
  byId("storage").hidden = !warning;
  setText(byId("storage"), warning ? words.text("storage.warning", { warning }) : "");
}

/**
 * @param {import("./types.js").StorageWarning} told
 * @param {Words} words
 */
function storageSentence({ code, n_frames: n, free_gb: gb, detail }, words) {
  return words.ofCode("storage", code, { n, gb: words.number(gb, 1), detail });
}

/**
 * Said wherever what is shown is no live patient; it stays when the verdict blanks.
 * @param {{origin: string, recording?: boolean, session?: {simulated: boolean}|null}} told
 * @param {Words} words
 */
export function showOrigin({ origin, recording, session }, words) {
  const isSimulated = origin === "simulated" || session?.simulated === true;
  const isLive = origin === "live" && !isSimulated && recording !== true;
  byId("origin").hidden = isLive;
  const key = isSimulated ? "origin.simulated" : "origin.foreign";
  setText(byId("origin"), isLive ? "" : words.text(key));
}
