/** The keyboard: one key, one action. Nothing while a text is typed or the PIN is asked. */

/**
 * @typedef {object} Actions
 * @property {(index: number) => void} step
 * @property {(way: -1|1) => void} neighbour
 * @property {() => void} evidence
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} accept
 * @property {() => void} type
 * @property {() => void} language
 * @property {() => void} help
 * @property {() => void} close
 * @property {() => void} beam
 * @property {() => void} acknowledge
 */

/** For the help: the keys and what they do. */
export const KEY_HELP = /** @type {const} */ ([
  ["1 … 9, 0", "help.step", true],
  ["← →", "help.neighbour", true],
  ["E", "help.evidence", false],
  ["U, R", "help.undo", true],
  ["Tab, ← ↑ → ↓, ␣", "help.drawing", true],
  ["Enter", "help.accept", true],
  ["B", "help.beam", true],
  ["A", "help.acknowledge", true],
  ["T", "help.type", false],
  ["L", "help.language", false],
  ["?", "help.help", false],
  ["Esc", "help.close.key", false],
]);

/**
 * @param {string} key
 * @param {Actions} actions
 * @returns {(() => void)|null}
 */
export function actionOf(key, actions) {
  if (/^\d$/.test(key)) return () => actions.step((Number(key) + 9) % 10);
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case "ArrowLeft": return () => actions.neighbour(-1);
    case "ArrowRight": return () => actions.neighbour(1);
    case "e": return actions.evidence;
    case "u": return actions.undo;
    case "r": return actions.redo;
    case "Enter": return actions.accept;
    case "t": return actions.type;
    case "l": return actions.language;
    case "?": case "F1": return actions.help;
    case "Escape": return actions.close;
    case "b": return actions.beam;
    case "a": return actions.acknowledge;
    default: return null;
  }
}

/** @param {Actions} actions */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyped = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    const isPressing = event.key === "Enter" && target instanceof HTMLButtonElement;
    const isModal = document.querySelector("dialog[open]"); // its keys are its own; Escape closes it
    if (isTyped || isPressing || isModal || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = event.repeat ? null : actionOf(event.key, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
