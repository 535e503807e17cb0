/** Why a command was not done, or a step is blocked: what is the matter, and what to do. */

/** @type {Record<string, [string, string]>} */
export const REFUSALS = {
  UNKNOWN_PERSON: ["This person is not registered.", "Choose a registered person."],
  NO_PIN: ["This person has no PIN.", "Have a PIN set up, or another person confirm."],
  WRONG_PIN: ["The PIN is wrong.", "Enter it again."],
  PERSON_LOCKED: ["Too many wrong PINs: this person is locked.", "Have another person confirm."],
  CONE_NOT_PLACED: ["The planned cone is not measured.", "Place and dock it first."],
  OTHER_CONE: ["The picture shows another cone than planned.", "Take the planned cone."],
  READ_BACK_DIFFERS: ["What was read back is not what is running.", "Compare every item again."],
  SAME_PERSON: ["This person has confirmed already.", "A second person must confirm."],
  ALREADY_COMPLETE: ["The time-out is complete.", "Nothing to do."],
  NO_FAULT: ["No fault waits for acknowledgement.", "Nothing to do."],
  FAULT_IS_NEWER: ["The fault has come again since.", "Look at it, then acknowledge."],
  NOT_A_FAULT: ["That frame has no fault.", "Look at the latest fault."],
  ALREADY_ACKNOWLEDGED: ["This fault is acknowledged.", "Nothing to do."],
  NOT_A_COMMAND: ["The session did not understand this.", "Reload the page; if it stays, call the engineer."],
  TOO_MANY: ["Too many commands at once.", "Wait a moment, then try again."],
  NO_SESSION: ["No session takes commands.", "Start the session again."],
  NO_ANSWER: ["No answer: it may not have been done.", "Look at the state, then try again."],
};
