/**
 * The shapes of what arrives (pipeline/display/PROTOCOL.md). Types only: nothing runs here.
 *
 * @typedef {[number, number]} Point  pixels of the picture, u right, v down
 * @typedef {Point[]} Line
 * @typedef {"READY"|"HOLD"|"UNSURE"|"FAULT"} Verdict
 * @typedef {{value: number|null, sigma: number|null, observable: boolean}} Measurement
 *
 * @typedef {object} Bar  one limited quantity on a line
 * @property {string} name
 * @property {string} unit
 * @property {number|null} value
 * @property {number|null} sigma
 * @property {number|null} lower
 * @property {number|null} upper
 * @property {number|null} planned
 * @property {boolean|null} inside
 *
 * @typedef {object} Dial  where the head (for tilt: its top) must go, along head +x and +y
 * @property {string} name
 * @property {string} unit
 * @property {number|null} x
 * @property {number|null} y
 * @property {number|null} sigma
 * @property {number} tolerance
 * @property {boolean|null} inside
 *
 * @typedef {{plus_x: string, minus_x: string, plus_y: string, minus_y: string}} Labels
 *
 * @typedef {object} Move
 * @property {"head"|"cone"} mover
 * @property {string} quantity
 * @property {number} amount
 * @property {"mm"|"deg"} unit
 * @property {"label"|"up"|"down"|"flush"} way
 * @property {string|null} label  the word marked on the machine; never translated
 *
 * @typedef {{name: string, lines: Line[]}} NamedLines
 *
 * @typedef {object} Drawing
 * @property {Line[]} cone
 * @property {Line[]} exit_ring
 * @property {Line[]} [axis]
 * @property {Line[]} bed
 * @property {Line[]} area_at_risk
 * @property {NamedLines[]} keep_out
 * @property {NamedLines[]} draft
 * @typedef {Pick<Drawing, "area_at_risk"|"keep_out"|"draft">} Areas
 *
 * @typedef {"done"|"current"|"open"|"blocked"} StepState
 * @typedef {{id: string, state: StepState, why: string[]}} Step
 * @typedef {{name: string, state: string, drawn_by: string}} Area
 * @typedef {{plan: string, patient: string, machine: string, applicator: string}} ReadBackItems
 * @typedef {{complete: boolean, confirmed_by: string[], persons: string[], items: ReadBackItems}} TimeOut
 *
 * @typedef {{code: string, n_frames: number, free_gb: number, detail: string}} StorageWarning
 *
 * @typedef {object} Session  the workflow
 * @property {string} session_id
 * @property {string} step
 * @property {Step[]} steps
 * @property {string} patient_id
 * @property {string} plan_id
 * @property {number} plan_revision
 * @property {string} content_id  names the cone and the outlines of this moment
 * @property {string} machine
 * @property {string} applicator_planned
 * @property {string} applicator_seen
 * @property {string[]} applicators
 * @property {{holds: boolean, state: string, detail: string}} qa
 * @property {{holds: boolean, expires_at: string}} calibration
 * @property {{state: "none"|"running"|"usable", n_frames: number}} survey
 * @property {Area[]} areas
 * @property {boolean} can_undo
 * @property {boolean} [can_redo]
 * @property {TimeOut} time_out
 * @property {number|null} last_fault_frame
 * @property {number|null} acknowledged_frame
 * @property {{on: boolean, since_ns: number|null, deviations: number}} beam
 * @property {{ready: boolean, html: string, pdf: string, failed: boolean}} report
 * @property {{recording: boolean, warnings: StorageWarning[]}} storage
 * @property {boolean} simulated
 *
 * @typedef {object} Header
 * @property {number} protocol
 * @property {"frame"} kind
 * @property {number} sequence
 * @property {number} frame_index
 * @property {number} stamp_ns
 * @property {"live"|"simulated"|"foreign"} origin
 * @property {boolean} [recording]  what is shown is not now
 * @property {Verdict} verdict
 * @property {string[]} reasons
 * @property {{passed: number, needed: number}} arming
 * @property {boolean} holds_lease
 * @property {Record<string, Measurement>} alignment
 * @property {Bar[]} bars
 * @property {Dial[]} dials
 * @property {Labels} labels
 * @property {Move[]} moves
 * @property {{number: number, width: number, height: number, grey: boolean}} picture  `number` names a picture that came ahead
 * @property {Drawing} drawing
 * @property {Record<string, number|string|null>} evidence
 * @property {string|null} mask
 * @property {Record<string, number>} stage_ms
 * @property {Session|null} session
 *
 * @typedef {{header: Header, jpeg: Uint8Array, ageMs: number}} Frame  `jpeg` is empty where its picture came ahead
 * @typedef {{header: {protocol: number, kind: "picture", number: number}, jpeg: Uint8Array, ageMs: number}} PictureAhead
 * @typedef {"console"|"viewer"} Role
 * @typedef {{kind: "hello", role: Role, protocol: number, origin: string, recording?: boolean, language: string}} Hello
 * @typedef {{accepted: boolean, why: string, detail: string}} Answer
 * @typedef {Record<string, unknown> & {kind: string}} Command
 */
export {};
