/**
 * One load of the page shows one session, in one role. What was made for it (panel, listeners, an
 * outline, what was read back) is handed to no other: the page is loaded anew instead.
 *
 * Loads do not follow each other without end: each begins with neither, and is over only when the
 * server has named one and then names another. Token and language are kept outside of it.
 */

/**
 * @typedef {import("./types.js").Role} Role
 * @typedef {import("./types.js").Session} Session
 */

export class OneSession {
  constructor() {
    /** @type {Role|null} */
    this.role = null;
    /** @type {string|null} */
    this.sessionId = null;
  }

  /**
   * Whether this load is of that role.
   * @param {Role} role
   */
  isAs(role) {
    this.role ??= role;
    return this.role === role;
  }

  /**
   * Whether this load is of that session; a frame without a workflow names none.
   * @param {Session|null} session
   */
  isOf(session) {
    if (!session) return true;
    this.sessionId ??= session.session_id;
    return this.sessionId === session.session_id;
  }
}
