/** Takes a binary message apart: two lengths, the age, the header, the picture. A frame, or a picture ahead of one. */

/**
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").PictureAhead} PictureAhead
 */

const PREFIX_BYTES = 16;
export const PROTOCOL = 2;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Frame|PictureAhead}
 * @throws {Error} where the lengths do not add up or the header is of another protocol
 */
export function parseMessage(buffer) {
  if (buffer.byteLength < PREFIX_BYTES) {
    throw new Error(`frame: at least ${PREFIX_BYTES} bytes expected, got ${buffer.byteLength}`);
  }
  const view = new DataView(buffer);
  const headerBytes = view.getUint32(0);
  const pictureBytes = view.getUint32(4);
  const ageMs = view.getFloat64(8);
  const told = PREFIX_BYTES + headerBytes + pictureBytes;
  if (told !== buffer.byteLength) {
    throw new Error(`frame: ${told} bytes told, got ${buffer.byteLength}`);
  }
  const text = new TextDecoder().decode(new Uint8Array(buffer, PREFIX_BYTES, headerBytes));
  const header = JSON.parse(text);
  if (header.protocol !== PROTOCOL) {
    throw new Error(`frame: protocol ${PROTOCOL} expected, got ${header.protocol}`);
  }
  const jpeg = new Uint8Array(buffer, PREFIX_BYTES + headerBytes, pictureBytes);
  return { header, jpeg, ageMs };
}
