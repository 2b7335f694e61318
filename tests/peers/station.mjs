// The firmware of the Node charger, without a word of OCPP: who may charge, when the contactor closes, what
// the screen shows. A dialect (v16.mjs, v201.mjs) tells the central system.

import { setTimeout as pause } from "node:timers/promises";

export class Station {
  settings = {
    heartbeatInterval: 300,
    connectionTimeout: 60,
    meterInterval: 60,
    stopOnInvalid: true,
    authorizeRemote: false,
  };
  operative = true;
  wantOperative = true;
  permission = null; // {token, group, remoteStartId, timer}: somebody may plug in
  tx = null; // {token, group, startedAt, endedAt, id, reason, ...}: what is running or waits for unplugging
  fault = null;
  limits = new Map(); // charging profiles: purpose -> A
  screen = { lines: ["Available"], cost: null, currency: null };
  clockOffset = 0;
  lastState = null;

  #timers = {};
  #resetAfter = false; // a reset waits for the end of the transaction
  #cut = false; // the bench has cut the network
  #awake = false; // the firmware runs: there is power, and it has booted

  constructor({ plant, rated = 32, bootTime = 300, log }) {
    Object.assign(this, { plant, rated, bootTime, log });
  }

  attach(dialect, link) {
    this.dialect = dialect;
    this.link = link;
  }

  now() {
    return new Date(Date.now() + this.clockOffset).toISOString();
  }

  show(...lines) {
    this.screen = { ...this.screen, lines };
  }

  showCost(cost, currency = "CAD") {
    this.screen = { ...this.screen, cost: String(cost), currency };
  }

  get running() {
    return Boolean(this.tx && !this.tx.endedAt);
  }

  // ---- power and network ------------------------------------------------------------------------

  async boot(reason = "PowerUp") {
    await pause(this.bootTime);
    if (!this.plant.powered) return;
    this.#awake = true;
    this.link.connected = () => this.#greet(reason);
    if (!this.#cut) this.link.raise();
  }

  // At every new connection: a BootNotification until one was accepted, then only the status.
  #booted = false;
  async #greet(reason) {
    try {
      while (!this.#booted && this.link.up) {
        const { status, interval, currentTime } = await this.dialect.boot(reason);
        this.clockOffset = Date.parse(currentTime) - Date.now() || 0;
        this.#booted = status === "Accepted";
        if (this.#booted) this.settings.heartbeatInterval = interval || this.settings.heartbeatInterval;
        else await pause(Math.max(1, interval || 1) * 1000);
      }
      this.beat();
      await this.dialect.status(this.occupancy());
    } catch (error) {
      this.log("boot", error.message);
    }
  }

  beat() {
    this.#every("heartbeat", this.settings.heartbeatInterval, () => this.dialect.heartbeat().catch(() => {}));
  }

  async power(on) {
    if (on === this.plant.powered) return;
    if (!on) {
      this.plant.change({ contactor: false });
      this.plant.change({ powered: false });
      this.#silence();
      this.#booted = false;
      await this.link.drop();
      return;
    }
    this.plant.change({ powered: true });
    this.permission = null;
    if (this.running) this.end("power loss");
    this.#relock();
    await this.boot("PowerUp");
  }

  async network(up) {
    this.#cut = !up;
    if (up && this.#awake) this.link.raise();
    else if (!up) await this.link.drop();
  }

  // True when it waits for the end of the transaction.
  resetWhenIdle() {
    this.#resetAfter = this.running;
    return this.running;
  }

  async reset(kind) {
    this.#resetAfter = false;
    if (this.running) this.end(kind === "hard" ? "hard reset" : "soft reset");
    await this.link.drained(3000);
    this.#silence();
    this.#booted = false;
    await this.link.drop();
    this.permission = null;
    await this.boot(kind === "hard" ? "RemoteReset" : "ScheduledReset");
  }

  #silence() {
    this.#awake = false;
    for (const timer of Object.values(this.#timers)) clearInterval(timer);
    clearTimeout(this.permission?.timer);
  }

  #every(name, seconds, act) {
    clearInterval(this.#timers[name]);
    if (seconds > 0) this.#timers[name] = setInterval(act, seconds * 1000);
  }

  // ---- who may charge ---------------------------------------------------------------------------

  async card(uid) {
    if (!this.#awake) return;
    if (this.running && uid === this.tx.token) return this.end("local");
    if (!this.operative || this.fault) return this.show("Out of order");
    let answer;
    try {
      answer = await this.dialect.authorize(uid);
    } catch (error) {
      this.log("authorize", error.message);
      return this.show("No connection: try again later"); // no list, no cache: unknown is refused
    }
    if (answer.status !== "Accepted") return this.show("Card refused", answer.status);
    if (this.running) {
      const group = answer.group && answer.group === this.tx.group;
      return group ? this.end("local") : this.show("In use by another card");
    }
    this.admit({ token: uid, group: answer.group, trigger: "Authorized" });
  }

  admit(permission) {
    if (this.permission) clearTimeout(this.permission.timer);
    const timer = setTimeout(() => this.#withdraw(), this.settings.connectionTimeout * 1000);
    this.permission = { ...permission, timer };
    this.show("Take the cable and plug it in");
    this.screen.cost = null;
    if (!this.plant.drive("holster", false)) return this.#break("holster");
    if (this.plant.where === "plugged in") this.#begin();
    else this.#tell();
  }

  #withdraw() {
    this.permission = null;
    this.show("Available");
    this.#relock();
    this.#tell();
  }

  // ---- cable ------------------------------------------------------------------------------------

  plugIn() {
    const { plant } = this;
    if (plant.where === "plugged in") return "the plug is in the car already";
    if (plant.where === "holstered" && plant.locks.holster === "locked") {
      return "the plug is locked in its holster";
    }
    plant.change({ where: "plugged in" });
    if (this.permission && plant.powered) this.#begin();
    else this.#tell();
    return null;
  }

  unplug() {
    const { plant } = this;
    if (plant.where !== "plugged in") return "the plug is not in the car";
    if (plant.locks.connector === "locked") return "the plug is locked in the car";
    plant.change({ where: "in hand", contactor: false });
    if (this.running) this.end("ev disconnected");
    this.tx = null;
    this.show("Available");
    this.#applyAvailability();
    this.#tell();
    return null;
  }

  holster() {
    const { plant } = this;
    if (plant.where !== "in hand") return `the plug is ${plant.where}`;
    plant.change({ where: "holstered" });
    this.#relock();
    return null;
  }

  #relock() {
    if (this.plant.where === "holstered" && !this.permission) this.plant.drive("holster", true);
  }

  // The car or a limit changed: the contactor and the central system follow.
  follow() {
    const { plant } = this;
    const limit = Math.min(this.rated, ...this.limits.values());
    const may = this.running && !this.fault && plant.powered && plant.where === "plugged in" && limit >= 6;
    plant.change({ offer: may ? limit : 0, contactor: may && plant.ready });
    const state = this.chargingState();
    if (this.running && state !== this.lastState) {
      this.lastState = state;
      this.dialect.updated(this.tx, "state");
      this.#tell();
    }
  }

  chargingState() {
    if (!this.running) return this.plant.where === "plugged in" ? "ev connected" : "idle";
    if (this.plant.watts() > 0) return "charging";
    return this.plant.offer === 0 ? "suspended evse" : "suspended ev";
  }

  // ---- transactions -----------------------------------------------------------------------------

  #begin() {
    const { token, group, trigger, remoteStartId, timer } = this.permission;
    clearTimeout(timer);
    this.permission = null;
    if (!this.plant.drive("connector", true)) return this.#break("connector");
    const startWh = this.plant.register();
    this.tx = { token, group, trigger, remoteStartId, startWh, startedAt: this.now(), endedAt: null, seqNo: 0 };
    this.lastState = null;
    this.show("Charging");
    this.dialect.started(this.tx);
    this.#every("meter", this.settings.meterInterval, () => this.dialect.updated(this.tx, "periodic"));
    this.follow();
  }

  retime() {
    if (this.running) {
      this.#every("meter", this.settings.meterInterval, () => this.dialect.updated(this.tx, "periodic"));
    }
  }

  // A transaction of an earlier life, which ended when the power went.
  endAfterCut(tx) {
    const end = { endedAt: this.now(), reason: "power loss", stopWh: this.plant.register() };
    this.dialect.ended({ ...tx, ...end });
  }

  refused(tx, status) {
    if (tx !== this.tx || !this.running || !this.settings.stopOnInvalid) return;
    this.show("Card refused", status);
    this.end("deauthorized");
  }

  end(reason) {
    const { tx, plant } = this;
    plant.change({ contactor: false, offer: 0 });
    clearInterval(this.#timers.meter);
    Object.assign(tx, { endedAt: this.now(), reason, stopWh: plant.register() });
    this.limits.delete("TxProfile");
    this.show("Finished: unplug the car");
    this.dialect.ended(tx);
    plant.drive("connector", false);
    this.#tell();
    if (this.#resetAfter) setTimeout(() => this.reset("soft"), 50);
  }

  unlock() {
    if (this.running) this.end("unlock");
    return this.plant.drive("connector", false);
  }

  // ---- status -----------------------------------------------------------------------------------

  occupancy() {
    if (this.fault) return "faulted";
    if (!this.operative) return "unavailable";
    if (this.running) return this.chargingState();
    if (this.tx) return "finishing";
    if (this.permission || this.plant.where === "plugged in") return "preparing";
    return "available";
  }

  #told = null;
  #tell() {
    const occupancy = this.occupancy();
    if (occupancy === this.#told) return;
    this.#told = occupancy;
    this.dialect.status(occupancy).catch((error) => this.log("status", error.message));
  }

  #break(which) {
    this.fault = which;
    this.permission = null;
    this.show("Out of order");
    this.dialect.lockFailed(which);
    this.#tell();
  }

  jam(which, jammed) {
    this.plant.jammed[which] = jammed;
    if (!jammed && this.fault === which) {
      this.fault = null;
      this.show("Available");
      if (which === "connector") this.plant.drive("connector", false);
      this.#relock();
      this.#tell();
    }
  }

  available(operative) {
    this.wantOperative = operative;
    if (this.running) return "Scheduled";
    this.#applyAvailability();
    this.#tell();
    return "Accepted";
  }

  #applyAvailability() {
    this.operative = this.wantOperative;
  }
}
