// A small charger that shares no code with Wattest: another language, another WebSocket stack, another schema
// validator (ocpp-rpc in strict mode).
//
//   node charger.mjs --csms ws://127.0.0.1:9000 --identity NODE1 --ocpp 1.6 --http 127.0.0.1:0
//
// The bench reaches its hardware over HTTP: POST /plug_in, /unplug, /holster, /ready {"ready":true},
// /current {"current_a":16}, /card {"uid":"..."}, /mains {"on":false}, /network {"up":false},
// /pull {"which":"connector"}, /jam {"which":"connector","jammed":true}, and
// GET /about, /plug, /locks, /display, /meter, /status. A refusal is a 409 with {"error": "sentence"}.
// It prints one line, {"ready":true,"http":"http://127.0.0.1:40123"}, and ends on SIGTERM.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Link } from "./link.mjs";
import { Plant } from "./plant.mjs";
import { Station } from "./station.mjs";
import * as v16 from "./v16.mjs";
import * as v201 from "./v201.mjs";

const { values: options } = parseArgs({
  options: {
    csms: { type: "string", default: "ws://127.0.0.1:9000" },
    identity: { type: "string", default: "NODE1" },
    ocpp: { type: "string", default: "1.6" },
    http: { type: "string", default: "127.0.0.1:0" },
    password: { type: "string" },
    memory: { type: "string" }, // a file that outlives us: register, settings, an open transaction
    leash: { type: "boolean", default: false }, // end when stdin ends: whoever started us is gone
  },
});

const speech = { 1.6: v16, "2.0.1": v201 }[options.ocpp];
if (!speech) {
  console.error(`--ocpp ${options.ocpp}: this charger speaks 1.6 and 2.0.1`);
  process.exit(2);
}

const log = (what, sentence) => console.error(`${what}: ${sentence}`);
const memory = recall();
const plant = new Plant({ wh: memory.wh });
const station = new Station({ plant, log });
Object.assign(station.settings, memory.settings);
const dialect = speech.dialect(station);
const link = new Link({
  endpoint: options.csms.replace(/\/+$/, ""),
  identity: options.identity,
  protocol: speech.protocol,
  password: options.password,
  handlers: dialect.handlers,
  log,
});
station.attach(dialect, link);

function recall() {
  try {
    return JSON.parse(readFileSync(options.memory, "utf8"));
  } catch {
    return {}; // fresh from the factory
  }
}

let kept = "";
function keep() {
  if (!options.memory) return;
  const tx = station.running ? { ...station.tx, ocpp: options.ocpp } : null;
  const text = JSON.stringify({ wh: plant.energy(), settings: station.settings, tx });
  if (text === kept) return;
  writeFileSync(`${options.memory}.new`, text);
  renameSync(`${options.memory}.new`, options.memory);
  kept = text;
}
setInterval(keep, 100);

function leave() {
  keep();
  process.exit(0);
}

class Refused extends Error {}

function obey(refusal) {
  if (refusal) throw new Refused(refusal);
  return {};
}

let integral = { from: 0, to: null, since: performance.now(), until: null };

const routes = {
  "GET /about": () => ({ maker: "Node Peer", model: "Loopback 1", serial: "NP-0001", firmware: "0.1" }),
  "POST /plug_in": () => obey(station.plugIn()),
  "POST /unplug": () => obey(station.unplug()),
  "POST /holster": () => obey(station.holster()),
  "GET /plug": () => ({ plug: { where: plant.where } }),
  "POST /ready": ({ ready }) => {
    plant.change({ ready });
    station.follow();
    return {};
  },
  "POST /current": ({ current_a: amps }) => {
    plant.change({ carLimit: amps });
    station.follow();
    return {};
  },
  "POST /card": async ({ uid }) => {
    await station.card(uid);
    return {};
  },
  "POST /mains": ({ on }) => {
    station.power(on);
    return {};
  },
  "POST /network": async ({ up }) => {
    await station.network(up);
    return {};
  },
  "GET /locks": () => ({ locks: plant.locks }),
  "POST /pull": ({ which }) => ({ loose: plant.locks[which] === "unlocked" }),
  "POST /jam": ({ which, jammed }) => {
    station.jam(which, jammed);
    return {};
  },
  "GET /display": () => (plant.powered ? station.screen : { lines: [], cost: null, currency: null }),
  "GET /meter": () => ({
    volts: plant.powered ? plant.voltage : 0,
    amps: plant.amps(),
    watts: plant.watts(),
    wh: (integral.to ?? plant.energy()) - integral.from,
    seconds: ((integral.until ?? performance.now()) - integral.since) / 1000,
  }),
  "POST /meter/start": () => {
    integral = { from: plant.energy(), to: null, since: performance.now(), until: null };
    return {};
  },
  "POST /meter/stop": () => {
    integral = { ...integral, to: plant.energy(), until: performance.now() };
    return {};
  },
  "GET /status": () => ({
    occupancy: station.occupancy(),
    register: plant.register(),
    connected: link.up,
    settings: station.settings,
    transaction: station.tx,
  }),
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(body));
  };
  const act = routes[`${request.method} ${request.url}`];
  if (!act) return answer(404, { error: `there is no ${request.method} ${request.url}` });
  try {
    answer(200, await act(JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}")));
  } catch (error) {
    if (!(error instanceof Refused)) log(request.url, error.stack);
    answer(error instanceof Refused ? 409 : 500, { error: error.message });
  }
});

const [host, port] = options.http.split(":");
server.listen(Number(port), host, () => {
  const address = server.address();
  console.log(JSON.stringify({ ready: true, http: `http://${address.address}:${address.port}` }));
  if (memory.tx?.ocpp === options.ocpp) station.endAfterCut(memory.tx);
  station.boot("PowerUp");
});

if (options.leash) process.stdin.resume().on("end", leave);
process.on("SIGTERM", leave);
process.on("SIGINT", leave);
