/** Briefing: who, which plan, which machine, and whether QA and calibration hold. */

import { facts, lead } from "./parts.js";

/** @type {import("./parts.js").Screen} */
export function briefing({ session, words }) {
  const { calibration, qa, storage } = session;
  const time = calibration.expires_at;
  return [
    lead(words.text("briefing.do")),
    facts(words, [
      [words.text("fact.patient"), session.patient_id],
      [words.text("fact.plan"), session.plan_id],
      [words.text("fact.machine"), session.machine],
      [words.text("fact.applicator"), session.applicator_planned],
      [words.text("fact.qa"), words.ofCode("qa", qa.state, { detail: qa.detail }), qa.holds],
      [
        words.text("fact.calibration"),
        words.text(calibration.holds ? "fact.validUntil" : "fact.notValid", { time }),
        calibration.holds,
      ],
      [
        words.text("fact.recording"),
        words.text(storage.recording ? "fact.isRecording" : "fact.notRecording"),
        storage.recording,
      ],
    ]),
  ];
}
