/**
 * The WebSocket: frames in, `drawn` and commands out, and again with back-off when it is gone.
 */

import { forgetAccess, readAccess } from "./access.js";
import { parseMessage, PROTOCOL } from "./wire.js";

/**
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Hello} Hello
 * @typedef {import("./types.js").PictureAhead} PictureAhead
 * @typedef {import("./types.js").Answer} Answer
 * @typedef {import("./types.js").Command} Command
 * @typedef {"connecting"|"session"|"version"} Lost  no connection; nothing behind it; another protocol: not tried again
 *
 * @typedef {object} Listener
 * @property {(hello: Hello) => void} onHello
 * @property {() => void} onOpen
 * @property {(frame: Frame, receivedMs: number, askedMs: number) => void} onFrame
 * @property {(picture: PictureAhead) => void} onPicture  of a frame that follows
 * @property {(why: Lost) => void} onLost
 * @property {() => void} onRefused  no token, or a wrong one: `open` when there is another
 */

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const ANSWER_WAIT_MS = 4000;
const NOT_ADMITTED = 4401;
/** @type {Answer} */
const NO_ANSWER = { accepted: false, why: "NO_ANSWER", detail: "" };

export class Connection {
  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    this.waitMs = FIRST_WAIT_MS;
    this.askedMs = 0;
    this.nextId = 1;
    this.isOutdated = false;
    this.isEnded = false;
    /** @type {Map<number, (answer: Answer) => void>} */
    this.pending = new Map();
    /** @type {WebSocket|null} */
    this.socket = null;
    this.open();
  }

  /**
   * The frame is on the screen (or will not be): the next one may come.
   * @param {number} sequence
   */
  drawn(sequence) {
    this.askedMs = performance.now();
    this.#send({ kind: "drawn", sequence });
  }

  /**
   * Send a command; the answer always comes, if need be as NO_ANSWER.
   * @param {Command} command
   * @returns {Promise<Answer>}
   */
  command(command) {
    const id = this.nextId++;
    return new Promise((resolve) => {
      if (!this.#send({ ...command, id })) {
        resolve(NO_ANSWER);
        return;
      }
      const timer = setTimeout(() => this.#answered(id, NO_ANSWER), ANSWER_WAIT_MS);
      this.pending.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  /** For good: nothing that comes is taken, nothing is tried again, and no token is forgotten. */
  end() {
    this.isEnded = true;
    this.socket?.close();
  }

  /** Connect; without a token nothing is tried. */
  open() {
    if (this.isEnded) return;
    const access = readAccess();
    if (!access) {
      this.listener.onRefused();
      return;
    }
    this.askedMs = performance.now();
    this.nextId = 1;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.listener.onOpen();
      this.askedMs = performance.now();
      this.#send({ kind: "hello", ...access });
    });
    socket.addEventListener("message", (event) => this.#received(event.data));
    socket.addEventListener("close", (event) => this.#closed(event.code));
  }

  /** @param {ArrayBuffer|string} data */
  #received(data) {
    if (this.isOutdated || this.isEnded) return;
    const receivedMs = performance.now();
    if (typeof data === "string") {
      this.#receivedText(JSON.parse(data));
      return;
    }
    this.waitMs = FIRST_WAIT_MS;
    const message = parseMessage(data);
    if (isPicture(message)) this.listener.onPicture(message);
    else this.listener.onFrame(message, receivedMs, this.askedMs);
  }

  /** @param {any} message */
  #receivedText(message) {
    if (message.kind === "hello") this.#admitted(message);
    else if (message.kind === "session_lost") this.listener.onLost("session");
    else if (message.kind === "answer") this.#answered(message.id, message);
  }

  /** @param {Hello} hello */
  #admitted(hello) {
    if (hello.protocol === PROTOCOL) {
      this.listener.onHello(hello);
      return;
    }
    this.isOutdated = true;
    this.socket?.close();
  }

  /**
   * @param {number} id
   * @param {Answer} answer
   */
  #answered(id, answer) {
    const resolve = this.pending.get(id);
    this.pending.delete(id);
    resolve?.(answer);
  }

  /** @param {number} code */
  #closed(code) {
    this.socket = null;
    if (this.isEnded) return;
    this.listener.onLost(this.isOutdated ? "version" : "connecting");
    for (const id of [...this.pending.keys()]) this.#answered(id, NO_ANSWER);
    if (this.isOutdated) return;
    if (code === NOT_ADMITTED) {
      forgetAccess();
      this.listener.onRefused();
      return;
    }
    setTimeout(() => this.open(), this.waitMs);
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  /** @param {Record<string, unknown>} message */
  #send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}

/**
 * @param {Frame|PictureAhead} message
 * @returns {message is PictureAhead}
 */
function isPicture(message) {
  return message.header.kind === "picture";
}
