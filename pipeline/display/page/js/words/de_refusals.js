/** Warum ein Befehl nicht ausgeführt wurde oder ein Schritt gesperrt ist. */

/** @type {Record<string, [string, string]>} */
export const REFUSALS = {
  UNKNOWN_PERSON: ["Diese Person ist nicht eingetragen.", "Eine eingetragene Person wählen."],
  NO_PIN: ["Diese Person hat keine PIN.", "PIN einrichten lassen, oder andere Person bestätigt."],
  WRONG_PIN: ["Die PIN ist falsch.", "Noch einmal eingeben."],
  PERSON_LOCKED: ["Zu viele falsche PINs: Person gesperrt.", "Eine andere Person bestätigt."],
  CONE_NOT_PLACED: ["Der geplante Tubus ist nicht gemessen.", "Erst aufsetzen und andocken."],
  OTHER_CONE: ["Das Bild zeigt einen anderen Tubus.", "Den geplanten Tubus nehmen."],
  READ_BACK_DIFFERS: ["Das Vorgelesene ist nicht, was läuft.", "Jeden Punkt noch einmal vergleichen."],
  SAME_PERSON: ["Diese Person hat schon bestätigt.", "Eine zweite Person muss bestätigen."],
  ALREADY_COMPLETE: ["Das Time-out ist vollständig.", "Nichts zu tun."],
  NO_FAULT: ["Kein Fehler wartet auf Quittierung.", "Nichts zu tun."],
  FAULT_IS_NEWER: ["Der Fehler kam seither wieder.", "Ansehen, dann quittieren."],
  NOT_A_FAULT: ["Dieses Bild hat keinen Fehler.", "Den letzten Fehler ansehen."],
  ALREADY_ACKNOWLEDGED: ["Dieser Fehler ist quittiert.", "Nichts zu tun."],
  NOT_A_COMMAND: ["Die Sitzung hat dies nicht verstanden.", "Seite neu laden; bleibt es, Technik rufen."],
  TOO_MANY: ["Zu viele Befehle auf einmal.", "Kurz warten, dann noch einmal."],
  NO_SESSION: ["Keine Sitzung nimmt Befehle an.", "Sitzung neu starten."],
  NO_ANSWER: ["Keine Antwort: vielleicht nicht ausgeführt.", "Stand ansehen, dann noch einmal."],
};
