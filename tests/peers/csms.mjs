// A central system that shares no code with Wattest, on ocpp-rpc's server in strict mode. It starts an EVSE as a
// child process, works its hardware over JSON lines on stdin, leads it through a day, and prints one JSON summary:
//
//   node csms.mjs --ocpp 1.6 -- wattest evse --csms {csms} --ocpp 1.6
//
// {"dialect": "1.6", "steps": [{"name": "boot", "ok": true, "seen": {...}}, ...], "strict": [], "bad": []}
//
// `strict` are messages that a schema did not allow, `bad` frames that were no OCPP-J. Exit code 0 when every step
// went well and both are empty.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import ocppRpc from "ocpp-rpc";
import * as dialect16 from "./csms16.mjs";
import * as dialect201 from "./csms201.mjs";

const { RPCServer } = ocppRpc;
const GOOD = "04A2B3C4D5E680";
const BLOCKED = "04B10C4ED";

const { values: options, positionals: command } = parseArgs({
  options: { ocpp: { type: "string", default: "1.6" } },
  allowPositionals: true,
});
const dialect = { 1.6: dialect16, "2.0.1": dialect201 }[options.ocpp];
const summary = { dialect: options.ocpp, steps: [], strict: [], bad: [], messages: {} };

// ---- the wire -----------------------------------------------------------------------------------------------

const seen = []; // every CALL of the station: {action, params, at}
let client = null;
let connections = 0;

const cards = { [GOOD]: "Accepted", [BLOCKED]: "Blocked" };
const answer = dialect.answers({ status: (uid) => cards[uid] ?? "Invalid" });

const server = new RPCServer({ protocols: [dialect.protocol], strictMode: true, callTimeoutMs: 8000 });
server.auth((accept) => accept({}));
server.on("client", (newcomer) => {
  client = newcomer;
  connections += 1;
  newcomer.on("strictValidationFailure", ({ method, isCall, outbound, error }) =>
    summary.strict.push(`${outbound ? "ours" : "theirs"}: ${method} ${isCall ? "request" : "response"}: ${error.message}`),
  );
  newcomer.on("badMessage", ({ buffer, error }) => summary.bad.push(`${error.message}: ${buffer}`));
  newcomer.handle(({ method, params }) => {
    summary.messages[method] = (summary.messages[method] ?? 0) + 1;
    const reply = answer(method, params);
    seen.push({ action: method, params });
    return reply;
  });
});
const listening = await server.listen(0, "127.0.0.1");
const csms = `ws://127.0.0.1:${listening.address().port}`;

// ---- the EVSE and its hardware --------------------------------------------------------------------------------

const evse = spawn(command[0], command.slice(1).map((word) => word.replace("{csms}", csms)), {
  stdio: ["pipe", "pipe", "pipe"],
});
const said = [];
evse.stderr.on("data", (data) => said.push(String(data)));
let gone = null;
evse.on("exit", (code, signal) => (gone = `the EVSE ended with ${signal ?? code}: ${said.join("").slice(-600)}`));
const waiting = new Map();
createInterface({ input: evse.stdout }).on("line", (line) => {
  try {
    const told = JSON.parse(line);
    waiting.get(told.id)?.(told);
  } catch {
    said.push(`${line}\n`);
  }
});

let lastId = 0;
async function hand(word, more = {}) {
  const id = ++lastId;
  const told = new Promise((resolve) => waiting.set(id, resolve));
  evse.stdin.write(`${JSON.stringify({ id, do: word, ...more })}\n`);
  const { ok, result, error } = await within(5000, `${word} is done`, told);
  if (!ok) throw new Error(`${word}: ${error}`);
  return result;
}

// ---- waiting ----------------------------------------------------------------------------------------------------

async function within(ms, what, promise) {
  const late = pause(ms).then(() => {
    throw new Error(gone ?? `not within ${ms} ms: ${what}`);
  });
  return Promise.race([promise, late]);
}

async function until(what, look, ms = 6000) {
  for (const end = performance.now() + ms; performance.now() < end; await pause(20)) {
    if (gone) throw new Error(gone);
    const found = await look();
    if (found) return found;
  }
  throw new Error(`not within ${ms} ms: ${what}`);
}

// The first CALL from `from` on that fits.
const heard = (what, fits, from, ms) =>
  until(what, () => seen.slice(from).find(({ action, params }) => fits(action, params)), ms);

async function step(name, act) {
  try {
    summary.steps.push({ name, ok: true, seen: (await act()) ?? {} });
  } catch (error) {
    summary.steps.push({ name, ok: false, error: error.message });
    throw error;
  }
}

// ---- the day --------------------------------------------------------------------------------------------------

const call = (action, params) => client.call(action, params);

async function plugInAndCharge(from) {
  await until("the holster lets go", async () => (await hand("locks")).holster === "unlocked");
  await hand("plug_in");
  await hand("set_ready", { ready: true });
  const started = await heard("a transaction starts", dialect.isStart, from);
  await until("current flows", async () => (await hand("meter")).power > 0);
  return started;
}

async function driveAway() {
  await until("the plug comes free", () => hand("unplug").then(() => true, () => false));
  await hand("holster");
  await until("the holster locks", async () => (await hand("locks")).holster === "locked");
}

async function day() {
  await step("boot", async () => {
    const { params } = await heard("BootNotification", (action) => action === "BootNotification", 0, 10_000);
    await heard("the connector is available", dialect.isAvailable, 0);
    return params;
  });
  await step("configure", () => dialect.configure(call));
  await step("blocked card", async () => {
    const from = seen.length;
    await hand("card", { uid: BLOCKED });
    await heard("Authorize", (action) => action === "Authorize", from);
    await pause(300);
    const { holster } = await hand("locks");
    if (holster !== "locked") throw new Error("a blocked card opened the holster");
    if (seen.slice(from).some(({ action, params }) => dialect.isStart(action, params))) {
      throw new Error("a blocked card started a transaction");
    }
  });
  await step("card session", async () => {
    const from = seen.length;
    await hand("card", { uid: GOOD });
    await plugInAndCharge(from);
    const rising = await until("three rising registers", () => {
      const registers = dialect.registers(seen.slice(from));
      return new Set(registers).size >= 3 && registers;
    });
    if (rising.some((value, index) => index > 0 && value < rising[index - 1])) {
      throw new Error(`the register goes back: ${rising}`);
    }
    await hand("card", { uid: GOOD });
    const stopped = await heard("the transaction ends", dialect.isStop, from);
    await driveAway();
    return { registers: rising, reason: dialect.reason(stopped.params), true_wh: (await hand("meter")).energy };
  });
  await step("remote session", async () => {
    const from = seen.length;
    await dialect.remoteStart(call, GOOD);
    const { params } = await plugInAndCharge(from);
    await dialect.remoteStop(call, params);
    const stopped = await heard("the transaction ends", dialect.isStop, from);
    await driveAway();
    return { reason: dialect.reason(stopped.params) };
  });
  await step("unlock", async () => {
    const from = seen.length;
    await dialect.remoteStart(call, GOOD);
    const { params } = await plugInAndCharge(from);
    const during = await dialect.unlock(call);
    if (during === "OngoingAuthorizedTransaction") await dialect.remoteStop(call, params);
    const stopped = await heard("the transaction ends", dialect.isStop, from);
    const locks = await until("the car is free", async () => {
      const now = await hand("locks");
      return now.connector === "unlocked" && now;
    });
    await driveAway();
    return { during, reason: dialect.reason(stopped.params), connector: locks.connector };
  });
  await step("reset", async () => {
    const [from, before] = [seen.length, connections];
    const { status } = await dialect.reset(call);
    await until("it comes back", () => connections > before, 10_000);
    await heard("BootNotification", (action) => action === "BootNotification", from, 10_000);
    await heard("the connector is available", dialect.isAvailable, from);
    return { status };
  });
}

try {
  await day();
} catch (error) {
  summary.error = error.message;
}
evse.kill("SIGTERM");
await Promise.race([new Promise((resolve) => (gone ? resolve() : evse.on("exit", resolve))), pause(4000)]);
summary.ended = evse.exitCode;
if (evse.exitCode === null) evse.kill("SIGKILL");
summary.stderr = said.join("").slice(-2000);
console.log(JSON.stringify(summary));
process.exit(summary.error || summary.strict.length || summary.bad.length ? 1 : 0);
