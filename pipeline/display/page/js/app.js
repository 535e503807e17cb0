/** Puts the page together: frames to views, keys and buttons to commands. */

import { askAccess, hideAccess, takeAccess } from "./access.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { EvidenceView } from "./evidence_view.js";
import { Expiry } from "./expiry.js";
import { showIdentity, showOrigin } from "./frame_line.js";
import { deadline, Freshness } from "./freshness.js";
import { GaugeView } from "./gauge_view.js";
import { fillHelp } from "./help_view.js";
import { listen } from "./keys.js";
import { OneSession } from "./one_session.js";
import { PictureView } from "./picture_view.js";
import { Pictures } from "./pictures.js";
import { bannerOf } from "./verdict.js";
import { VerdictView } from "./verdict_view.js";
import { Console } from "./console.js";
import { StepRail } from "./step_rail.js";
import { fillTools } from "./tools_view.js";
import { switchType } from "./type_size.js";
import { forgetLoad, loadOnce } from "./version.js";
import { fillWords, rememberLanguage, startLanguage } from "./page_words.js";
import { Words } from "./words/catalogue.js";

/**
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Hello} Hello
 * @typedef {import("./types.js").Role} Role
 * @typedef {"waiting"|import("./connection.js").Lost} BlankWhy
 * @typedef {{frame: Frame, image: ImageBitmap|null, exposedMs: number, endsMs: number}} Drawable
 */

const CHECK_MS = 25; // the script's own watch over what is shown
const AGE_STEP_MS = 50; // an age is told as what it stays below for so long: each change of it is painted

export class App {
  constructor() {
    /** @type {Role} */
    this.role = "viewer"; // until the server says otherwise: no controls
    this.words = new Words(startLanguage("en"));
    this.freshness = new Freshness();
    this.verdict = new VerdictView();
    this.gauge = new GaugeView();
    this.picture = new PictureView();
    this.pictures = new Pictures();
    this.evidence = new EvidenceView();
    /** @type {Console|null} */
    this.console = null;
    this.rail = new StepRail(null);
    this.exposedMs = NaN;
    this.toldAgeMs = 0; // what is shown is no older
    this.losses = 0;
    this.one = new OneSession();
    /** @type {number|null} */
    this.unconfirmed = null; // sequence of what is drawn, and not yet part of a refresh of the screen
    this.expiry = new Expiry([...document.querySelectorAll(".live")].map((e) => /** @type {HTMLElement} */ (e)));
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.connection = new Connection(`${scheme}//${location.host}/ws`, {
      onHello: (hello) => this.#hello(hello),
      onOpen: () => this.freshness.connected(),
      onPicture: (picture) => this.pictures.take(picture),
      onFrame: (frame, receivedMs, askedMs) => void this.#arrived(frame, receivedMs, askedMs),
      onLost: (why) => this.#lost(why),
      onRefused: () => {
        byId("panel").hidden = true; // what it shows is of a session that no longer knows us
        askAccess(() => this.connection.open());
      },
    });
    setInterval(() => this.#watch(), CHECK_MS);
    document.addEventListener("visibilitychange", () => {
      this.expiry.blank();
      this.#confirm(); // a hidden page is not refreshed
    });
    addEventListener("hashchange", () => {
      if (takeAccess()) this.#loadAnew(); // an address was pasted into the tab
    });
    listen(this.#actions());
    this.#speak();
  }

  /** @param {Hello} hello */
  #hello(hello) {
    forgetLoad();
    if (!this.one.isAs(hello.role)) {
      this.#loadAnew();
      return;
    }
    hideAccess();
    this.words = new Words(startLanguage(hello.language));
    this.role = hello.role === "console" ? "console" : "viewer";
    document.body.dataset.role = this.role;
    this.console = this.role === "console" ? (this.console ?? new Console(this.connection, this.picture)) : null;
    this.rail = new StepRail(this.console ? (to) => this.console?.go(to) : null);
    showOrigin(hello, this.words);
    fillTools(this.words, this.#actions(), this.role === "viewer");
    this.#speak();
    if (this.evidence.isOpen) this.#showEvidence(true);
  }

  /**
   * @param {Frame} frame
   * @param {number} receivedMs
   * @param {number} askedMs
   */
  async #arrived(frame, receivedMs, askedMs) {
    const { header, ageMs } = frame;
    const { sequence, stamp_ns: stampNs } = header;
    if (!this.one.isOf(header.session)) {
      this.#loadAnew();
      return;
    }
    const age = this.freshness.ageAtArrival({ sequence, stampNs, ageMs, receivedMs, askedMs });
    if (age === null || document.hidden) {
      this.connection.drawn(sequence);
      return;
    }
    const losses = this.losses;
    const { image, jpeg } = await this.pictures.of(frame);
    if (losses !== this.losses) {
      image?.close(); // the connection or the session went meanwhile: nothing of before is shown
      this.connection.drawn(sequence);
      return;
    }
    const whole = { ...frame, jpeg }; // also where the picture came ahead
    this.#draw({ frame: whole, image, exposedMs: receivedMs - age, endsMs: deadline(receivedMs, age) });
    this.unconfirmed = sequence;
    if (document.hidden) this.#confirm();
    else requestAnimationFrame(() => this.#confirm());
  }

  /**
   * Draw at once: the next refresh of the screen then finds all of it, and nothing is left to do in its time.
   * @param {Drawable} drawable
   */
  #draw(drawable) {
    try {
      if (document.hidden) drawable.image?.close();
      else this.#show(drawable);
    } catch (error) {
      this.expiry.blank();
      console.error("a frame cannot be shown:", error);
    }
  }

  /** The screen is being refreshed with what is drawn, or will not be. */
  #confirm() {
    const { unconfirmed } = this;
    this.unconfirmed = null;
    if (unconfirmed !== null) this.connection.drawn(unconfirmed);
  }

  /** @param {Drawable} drawable */
  #show({ frame, image, exposedMs, endsMs }) {
    const { header } = frame;
    const { words } = this;
    this.exposedMs = exposedMs;
    this.verdict.show(bannerOf(header, words));
    this.gauge.show(header, words);
    this.#showPicture(frame, image);
    this.evidence.show(header, words, this.console?.drawing.isStill === true);
    showIdentity(header, words);
    showOrigin(header, words);
    document.body.dataset.step = header.session?.step ?? "none";
    this.rail.show(header.session, words);
    this.console?.show(header, words);
    this.#blankSays("waiting"); // what is said when this frame's time is over
    this.expiry.showUntil(endsMs);
    this.toldAgeMs = 0;
    this.#watch();
  }

  /**
   * @param {Frame} frame
   * @param {ImageBitmap|null} image
   */
  #showPicture(frame, image) {
    const drawing = this.console?.drawing;
    const previous = drawing?.latestImage ?? null;
    drawing?.seen(frame, image);
    if (drawing?.isStill) drawing.redraw();
    else this.picture.show(image, frame.header);
    if (drawing ? previous !== drawing.still?.image : true) previous?.close();
    if (!drawing) image?.close();
    const still = byId("still");
    still.hidden = !drawing?.isStill;
    setText(still, drawing?.contour ? this.words.text("picture.still", { frame: drawing.contour.frameIndex }) : "");
    byId("no-picture").hidden = image !== null || drawing?.isStill === true;
  }

  #watch() {
    const isShown = this.expiry.check();
    const { words } = this;
    const age = performance.now() - this.exposedMs;
    if (age > this.toldAgeMs) {
      this.toldAgeMs = AGE_STEP_MS * Math.ceil((age + AGE_STEP_MS) / AGE_STEP_MS);
    }
    setText(byId("age"), isShown ? words.text("age", { ms: this.toldAgeMs }) : words.text("age.none"));
  }

  /** @param {BlankWhy} why */
  #lost(why) {
    this.losses += 1;
    this.pictures.forget();
    this.#confirm();
    this.expiry.blank();
    this.#blankSays(why);
    if (why === "session") this.rail.clear();
    this.console?.lost();
    if (why === "version") loadOnce();
  }

  /** This load of the page is over: nothing more is shown until the next one. */
  #loadAnew() {
    this.connection.end();
    this.#lost("session");
    byId("panel").hidden = true;
    location.reload();
  }

  /** @param {BlankWhy} why */
  #blankSays(why) {
    byId("blank").dataset.why = why;
    setText(byId("blank-sentence"), this.words.text(`blank.${why}`));
  }

  /** Every fixed word anew, in the language that is on. */
  #speak() {
    fillWords(this.words);
    fillHelp(this.words, this.role === "viewer");
    this.#blankSays(/** @type {BlankWhy} */ (byId("blank").dataset.why));
  }

  /** @returns {import("./keys.js").Actions} */
  #actions() {
    return {
      ...Console.actions(() => this.console),
      evidence: () => this.#showEvidence(!this.evidence.isOpen),
      type: switchType,
      language: () => {
        this.words = new Words(this.words.next());
        rememberLanguage(this.words.language);
        fillTools(this.words, this.#actions(), this.role === "viewer");
        this.#speak();
      },
      help: () => fillHelp(this.words, this.role === "viewer").showModal(),
      close: () => {
        if (this.evidence.isOpen) this.#showEvidence(false);
      },
    };
  }

  /** @param {boolean} isOpen */
  #showEvidence(isOpen) {
    this.evidence.open(isOpen);
    void this.connection.command({ kind: "evidence", wanted: isOpen });
  }
}
