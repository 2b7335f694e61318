// The wire of the Node charger: ocpp-rpc in strict mode, reconnecting, with a queue for what must not be lost.

import { setTimeout as pause } from "node:timers/promises";
import ocppRpc from "ocpp-rpc";

const { RPCClient } = ocppRpc;
const OPEN = RPCClient.OPEN;

export class Link {
  #queue = [];
  #working = false;
  #wanted = false; // somebody wants the wire to stand
  #dialling = false;

  constructor({ endpoint, identity, protocol, password, handlers, log }) {
    this.log = log;
    this.connected = () => {};
    this.client = new RPCClient({
      endpoint,
      identity,
      protocols: [protocol],
      strictMode: true,
      reconnect: false,
      callTimeoutMs: 10_000,
      ...(password ? { password } : {}),
    });
    for (const [action, answer] of Object.entries(handlers)) {
      this.client.handle(action, ({ params }) => answer(params));
    }
    this.client.on("strictValidationFailure", (failure) => log("strict", describe(failure)));
    this.client.on("badMessage", ({ error }) => log("bad message", error.message));
    this.client.on("close", () => this.#wanted && this.#connect());
  }

  get up() {
    return this.client.state === OPEN;
  }

  raise() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  async drop() {
    this.#wanted = false;
    await this.client.close({ force: true })?.catch?.(() => {});
  }

  // One CALL that may get lost: throws when the wire is down.
  async call(action, payload) {
    if (!this.up) throw new Error(`${action} was not sent: the wire is down`);
    return this.client.call(action, payload);
  }

  // A CALL that is kept until it is answered, in order. `write` makes the payload when its turn comes.
  deliver(action, write, answered = () => {}) {
    this.#queue.push({ action, write, answered, tries: 0 });
    this.#work();
  }

  async drained(withinMs) {
    const end = performance.now() + withinMs;
    while (this.#queue.length && performance.now() < end) await pause(20);
  }

  async #connect() {
    if (this.#dialling) return; // a failed attempt closes too, and must not start a second round
    this.#dialling = true;
    while (this.#wanted && !this.up) {
      try {
        await this.client.connect();
      } catch (error) {
        this.log("connect", error.message);
        await pause(200 + Math.random() * 100);
      }
    }
    this.#dialling = false;
    if (!this.up) return;
    this.connected();
    this.#work();
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    while (this.#queue.length && this.up) {
      const entry = this.#queue[0];
      try {
        const answer = await this.client.call(entry.action, entry.write());
        this.#queue.shift();
        await entry.answered(answer);
      } catch (error) {
        this.log(entry.action, error.message);
        if (!this.up) break;
        entry.tries += 1;
        if (entry.tries >= 3) this.#queue.shift();
        else await pause(500);
      }
    }
    this.#working = false;
  }
}

function describe({ method, outbound, isCall, error }) {
  const side = outbound ? "ours" : "theirs";
  return `${side}: ${method} ${isCall ? "request" : "response"}: ${error.message}`;
}
