/** What only the console has: the step's panel, drawing, signing, and commands with their answers. */

import { byId } from "./dom.js";
import { DrawingDesk } from "./drawing_desk.js";
import { PinDialog } from "./pin_dialog.js";
import { accept, redo, undo } from "./screens/draw.js";
import { sayBeam } from "./screens/beam.js";
import { acknowledge, StepPanel } from "./step_panel.js";
import { explainBlocked, neighbour } from "./step_rail.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./picture_view.js").PictureView} PictureView
 * @typedef {import("./screens/parts.js").Choices} Choices
 * @typedef {import("./screens/parts.js").Desk} Desk
 * @typedef {import("./types.js").Command} Command
 * @typedef {import("./types.js").Header} Header
 * @typedef {import("./words/catalogue.js").Words} Words
 */

export class Console {
  /**
   * @param {Connection} connection
   * @param {PictureView} picture
   */
  constructor(connection, picture) {
    this.connection = connection;
    this.pin = new PinDialog();
    this.panel = new StepPanel((to) => this.go(to));
    this.drawing = new DrawingDesk(picture, () => this.#again());
    /** @type {Choices} */
    this.choices = { keepOutName: "", isKeepOut: false, person: "", applicator: "", readBack: [] };
    /** @type {Desk|null} */
    this.desk = null;
    this.step = "";
  }

  /**
   * @param {Header} header
   * @param {Words} words
   */
  show(header, words) {
    const { session } = header;
    byId("panel").hidden = session === null;
    if (!session) return;
    if (session.step !== this.step) {
      this.step = session.step;
      this.panel.say("", "");
      this.choices = { ...this.choices, readBack: [] };
      void this.drawing.open(session.step === "draw", session.session_id).then(() => this.#adopt());
    }
    const since = session.beam.on ? session.beam.since_ns : null;
    const seconds = since === null ? null : Math.max(0, Math.floor((header.stamp_ns - since) / 1e9));
    const now = () => this.choices;
    this.desk = {
      session,
      words,
      get choices() {
        return now();
      },
      choose: (part) => this.#choose(part),
      drawing: this.drawing,
      send: (command) => this.#send(command),
      sendSigned: (command, what) => this.#sendSigned(command, what),
      beamSeconds: seconds,
    };
    this.panel.show(this.desk);
  }

  /** The connection is gone: what was sent is answered by nobody. */
  lost() {
    this.pin.abandon();
  }

  /**
   * Ask for a step; where it is blocked, say why instead.
   * @param {string} to
   */
  go(to) {
    const step = this.desk?.session.steps.find((one) => one.id === to);
    if (!this.desk || !step || step.id === this.desk.session.step) return;
    if (step.state === "blocked") {
      explainBlocked(this.panel.answerLine, step, this.desk.words);
      this.panel.answerLine.dataset.kind = "no";
      return;
    }
    void this.#send({ kind: "step", to });
  }

  /**
   * What keys do; nothing where there is no console.
   * @param {() => Console|null} get
   */
  static actions(get) {
    /** @param {(desk: Desk, console: Console) => void} act */
    const at = (act) => () => {
      const it = get();
      if (it?.desk) act(it.desk, it);
    };
    return {
      step: (/** @type {number} */ index) =>
        at((desk, it) => {
          const step = desk.session.steps[index];
          if (step) it.go(step.id);
        })(),
      neighbour: (/** @type {-1|1} */ way) =>
        at((desk, it) => {
          const step = neighbour(desk.session, way);
          if (step) it.go(step.id);
        })(),
      undo: at((desk) => undo(desk)),
      redo: at((desk) => redo(desk)),
      accept: at((desk) => void accept(desk)),
      beam: at((desk) => {
        if (desk.session.step === "ready" || desk.session.step === "beam") void sayBeam(desk);
      }),
      acknowledge: at((desk) => acknowledge(desk)),
    };
  }

  /** @param {Partial<Choices>} part */
  #choose(part) {
    this.choices = { ...this.choices, ...part };
    if ("isKeepOut" in part || "keepOutName" in part) {
      const { isKeepOut, keepOutName } = this.choices;
      this.drawing.rename(isKeepOut ? `keep_out.${keepOutName}` : "area_at_risk");
    }
    this.#again();
  }

  /** An outline that came back after a reload brings its name with it. */
  #adopt() {
    const name = this.drawing.contour?.name;
    if (name?.startsWith("keep_out.")) {
      this.choices = { ...this.choices, isKeepOut: true, keepOutName: name.slice("keep_out.".length) };
    }
    this.#again();
  }

  /** Draw the panel again: what was chosen since, the desk and all that was made of it ask for. */
  #again() {
    if (this.desk) this.panel.show(this.desk);
  }

  /**
   * @param {Command} command
   * @param {string} what
   */
  async #sendSigned(command, what) {
    const { desk } = this;
    if (!desk) return false;
    const signature = await this.pin.ask(what, desk.session.time_out.persons, desk.words);
    return signature ? this.#send({ ...command, ...signature }) : false;
  }

  /**
   * Send a command and say what became of it.
   * @param {Command} command
   */
  async #send(command) {
    const { desk } = this;
    if (!desk) return false;
    this.panel.say(desk.words.text("answer.sending"), "wait");
    const answer = await this.connection.command(command);
    if (answer.accepted) {
      this.panel.say(desk.words.text("answer.done"), "yes");
    } else {
      const [sentence, action] = desk.words.sentence(answer.why);
      this.panel.say(`${sentence} ${action}`, "no");
    }
    return answer.accepted;
  }
}
