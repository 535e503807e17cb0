/** What was chosen in this browser, and outlives a reload. */

/**
 * @param {string} name
 * @returns {string|null} null: nothing was chosen, or storage is switched off in this browser
 */
export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is switched off: the choice lasts until the next reload
  }
}
