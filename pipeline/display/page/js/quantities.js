/** How a measured number is written. */

/** @typedef {import("./words/catalogue.js").Words} Words */

const FRACTIONS = ["coverage_fraction"];

/**
 * "3.1 mm", "0.4°", "97 %"; "?" where it is not observable.
 * @param {{name: string, unit: string, value: number|null}} quantity
 * @param {Words} words
 */
export function quantityText({ name, unit, value }, words) {
  if (value === null) return "?";
  if (FRACTIONS.includes(name)) return `${words.number(100 * value, 0)} %`;
  return `${words.number(value, 1)}${unitText(unit)}`;
}

/**
 * The same with its sigma: "3.1 ± 0.2 mm".
 * @param {{name: string, value: number|null, sigma: number|null}} quantity
 * @param {Words} words
 */
export function measuredText({ name, value, sigma }, words) {
  if (value === null) return "?";
  const isFraction = FRACTIONS.includes(name) || name.endsWith("_fraction");
  const scale = isFraction ? 100 : 1;
  const unit = isFraction ? "%" : name.endsWith("_deg") ? "deg" : name.endsWith("_mm") ? "mm" : "";
  const spread = sigma === null ? "" : ` ± ${words.number(scale * sigma, 2)}`;
  return `${words.number(scale * value, 2)}${spread}${unitText(unit)}`;
}

/** @param {string} unit */
function unitText(unit) {
  if (unit === "deg") return "°";
  return unit ? ` ${unit}` : "";
}
