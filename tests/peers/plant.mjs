// The physical half of the Node charger: cable, locks, contactor, car and meter, in real time.
//
// Power is constant between two changes, so energy is power times time, added up at every change.

const HOUR_MS = 3_600_000;

export class Plant {
  where = "holstered"; // "holstered" | "in hand" | "plugged in"
  ready = false; // the car asks for energy (pilot state C)
  carLimit = 32; // A, what the car takes at most
  offer = 0; // A, what the station offers
  contactor = false;
  powered = true;
  temperature = 20; // degC
  locks = { holster: "locked", connector: "unlocked" };
  jammed = { holster: false, connector: false };

  #wh = 0;
  #since = performance.now();

  constructor({ voltage = 240, wh = 0 } = {}) {
    this.voltage = voltage;
    this.#wh = wh;
  }

  amps() {
    const flows = this.powered && this.contactor && this.ready && this.where === "plugged in";
    return flows ? Math.min(this.carLimit, this.offer) : 0;
  }

  watts() {
    return this.amps() * this.voltage;
  }

  // Every change goes through here: what has flowed until now is counted at the old power.
  change(facts) {
    this.#settle();
    Object.assign(this, facts);
  }

  // The true energy in Wh since the plant was first built, with all its digits.
  energy() {
    this.#settle();
    return this.#wh;
  }

  // What the station's own meter shows: whole Wh, rounded down.
  register() {
    return Math.floor(this.energy());
  }

  // Drives a lock; false when it did not arrive where it was sent.
  drive(which, locked) {
    const wanted = locked ? "locked" : "unlocked";
    if (this.powered && !this.jammed[which]) this.locks[which] = wanted;
    return this.locks[which] === wanted;
  }

  #settle() {
    const now = performance.now();
    this.#wh += (this.watts() * (now - this.#since)) / HOUR_MS;
    this.#since = now;
  }
}
