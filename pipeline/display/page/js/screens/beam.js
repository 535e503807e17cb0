/** Ready and beam: say when the beam goes on and off; time and deviations meanwhile. */

import { button, buttons, facts, lead } from "./parts.js";

/** @typedef {import("./parts.js").Desk} Desk */

/** @type {import("./parts.js").Screen} */
export function ready(desk) {
  const { words } = desk;
  return [lead(words.text("ready.do")), beamButton(desk)];
}

/** @type {import("./parts.js").Screen} */
export function beam(desk) {
  const { session, words, beamSeconds } = desk;
  const time = beamSeconds === null ? words.text("beam.isOff") : words.text("beam.seconds", { n: beamSeconds });
  const { deviations } = session.beam;
  return [
    facts(
      words,
      [
        [words.text("beam.time"), time],
        [words.text("beam.deviations"), String(deviations), deviations === 0],
      ],
      true,
    ),
    beamButton(desk),
  ];
}

/** @param {Desk} desk */
export function sayBeam(desk) {
  const isOn = !desk.session.beam.on;
  const what = desk.words.text(isOn ? "ready.beamOn" : "beam.off");
  return desk.sendSigned({ kind: "beam", is_on: isOn }, what);
}

/** @param {Desk} desk */
function beamButton(desk) {
  const text = desk.words.text(desk.session.beam.on ? "beam.off" : "ready.beamOn");
  return buttons(button(text, () => void sayBeam(desk), { id: "beam", primary: true }));
}
