/** Pictures of frames: a frame brings its own, or names one that came ahead and is decoded already. */

/**
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").PictureAhead} PictureAhead
 * @typedef {{image: ImageBitmap|null, jpeg: Uint8Array}} Picture  no image: there is none, or it cannot be read
 */

const JPEG = "image/jpeg";

export class Pictures {
  constructor() {
    /** @type {{number: number, jpeg: Uint8Array, image: Promise<ImageBitmap|null>}|null} */
    this.ahead = null;
  }

  /** @param {PictureAhead} picture */
  take({ header, jpeg }) {
    this.forget();
    this.ahead = { number: header.number, jpeg, image: decode(jpeg) };
  }

  /**
   * The picture of a frame, with what it was decoded from; the image is the caller's to close.
   * @param {Frame} frame
   * @returns {Promise<Picture>}
   */
  async of({ header, jpeg }) {
    const { ahead } = this;
    if (jpeg.length || ahead?.number !== header.picture.number) {
      this.forget();
      return { image: await decode(jpeg), jpeg };
    }
    this.ahead = null;
    return { image: await ahead.image, jpeg: ahead.jpeg };
  }

  /** The picture that came ahead belongs to no frame any more. */
  forget() {
    void this.ahead?.image.then((image) => image?.close());
    this.ahead = null;
  }
}

/**
 * @param {Uint8Array} jpeg
 * @returns {Promise<ImageBitmap|null>} null for no picture, or one that cannot be read
 */
export async function decode(jpeg) {
  if (!jpeg.length) return null;
  try {
    return await bitmapOf(jpeg);
  } catch {
    return null; // said on the picture: there is none
  }
}

/**
 * A Blob's bytes go by way of the browser's other processes, which takes a busy machine tens of
 * milliseconds: it is for a browser, or a page without TLS from another machine, that has no decoder
 * for bytes, and for what that cannot decode.
 * @param {Uint8Array} jpeg
 */
async function bitmapOf(jpeg) {
  try {
    return await bitmapOfBytes(jpeg);
  } catch {
    return createImageBitmap(new Blob([jpeg], { type: JPEG }));
  }
}

/**
 * @param {Uint8Array} jpeg
 * @returns {Promise<ImageBitmap>}
 */
async function bitmapOfBytes(jpeg) {
  const { ImageDecoder } = /** @type {any} */ (globalThis); // W3C WebCodecs; a secure context's
  const decoder = new ImageDecoder({ data: jpeg, type: JPEG });
  try {
    const { image } = await decoder.decode();
    try {
      return await createImageBitmap(image);
    } finally {
      image.close();
    }
  } finally {
    decoder.close();
  }
}
