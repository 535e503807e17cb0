/** Small helpers for elements. */

/**
 * Make an HTML element. `class`, `text` and attributes; `on*` are listeners; null or false is left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node|string|null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

/**
 * Make an SVG element, as `el`.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node|string|null)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, props, children);
  return element;
}

/**
 * The element of an id that index.html has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element #${id}`);
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, unknown>} props
 * @param {(Node|string|null)[]} children
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
}

/**
 * Set a text only where it changes, so that nothing is announced or laid out again.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Let a parent show these nodes, and change no more of what it shows than differs: what is made anew
 * is laid out and painted anew. For pictures and text alone: listeners, focus, what was typed or
 * scrolled would stay with an element that means something else now.
 * @param {Node} parent
 * @param {...Node} wanted  not in the page; some of them are in it afterwards
 */
export function renew(parent, ...wanted) {
  const shown = [...parent.childNodes];
  wanted.forEach((node, index) => {
    const old = shown[index];
    if (!old) parent.appendChild(node);
    else if (!becomes(old, node)) parent.replaceChild(node, old);
  });
  for (const node of shown.slice(wanted.length)) parent.removeChild(node);
}

/**
 * Make a node like another one; false where it is of another kind.
 * @param {Node} old
 * @param {Node} node
 */
function becomes(old, node) {
  if (old.nodeName !== node.nodeName) return false;
  if (!(old instanceof Element && node instanceof Element)) {
    if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    return true;
  }
  for (const name of old.getAttributeNames()) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) setAttribute(old, name, value);
  renew(old, ...node.childNodes);
  return true;
}

/**
 * Set an attribute only where it changes.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
