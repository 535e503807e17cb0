/** What a page does that is of another version than the server: it loads the server's, once. */

const KEY = "loaded for another version";

/** Load the page again, if that has not just been done in vain. */
export function loadOnce() {
  if (sessionStorage.getItem(KEY)) return;
  sessionStorage.setItem(KEY, "yes");
  location.reload();
}

/** Both are of one version: the next change of it is a new one. */
export function forgetLoad() {
  sessionStorage.removeItem(KEY);
}
