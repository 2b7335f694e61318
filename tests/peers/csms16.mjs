// What the Node central system says and understands in OCPP 1.6J.

export const protocol = "ocpp1.6";

export function answers({ status }) {
  let lastTransaction = 100;
  const now = () => new Date().toISOString();
  const table = {
    BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: 300 }),
    Heartbeat: () => ({ currentTime: now() }),
    Authorize: ({ idTag }) => ({ idTagInfo: { status: status(idTag) } }),
    StartTransaction: (params) => {
      params.transactionId = ++lastTransaction; // remembered with the request, for RemoteStopTransaction
      return { transactionId: lastTransaction, idTagInfo: { status: status(params.idTag) } };
    },
    StopTransaction: () => ({}),
    DataTransfer: () => ({ status: "UnknownVendorId" }),
  };
  return (action, params) => (table[action] ?? (() => ({})))(params);
}

export const isAvailable = (action, params) =>
  action === "StatusNotification" && params.connectorId === 1 && params.status === "Available";
export const isStart = (action) => action === "StartTransaction";
export const isStop = (action) => action === "StopTransaction";
export const reason = (params) => params.reason ?? "Local"; // OCPP 1.6 6.45: may be left out when it is Local

export function registers(calls) {
  const found = [];
  for (const { action, params } of calls) {
    if (action === "StartTransaction") found.push(params.meterStart);
    if (action !== "MeterValues") continue;
    for (const { sampledValue } of params.meterValue) {
      for (const { value, measurand = "Energy.Active.Import.Register", unit = "Wh", phase } of sampledValue) {
        if (measurand !== "Energy.Active.Import.Register" || phase) continue;
        found.push(Number(value) * (unit === "kWh" ? 1000 : 1));
      }
    }
  }
  return found;
}

export async function configure(call) {
  const { status } = await call("ChangeConfiguration", { key: "MeterValueSampleInterval", value: "1" });
  if (status !== "Accepted") throw new Error(`ChangeConfiguration: ${status}`);
  const { configurationKey } = await call("GetConfiguration", { key: ["MeterValueSampleInterval"] });
  if (configurationKey[0].value !== "1") throw new Error(`it is ${configurationKey[0].value} now`);
  return { status };
}

export async function remoteStart(call, uid) {
  const { status } = await call("RemoteStartTransaction", { idTag: uid, connectorId: 1 });
  if (status !== "Accepted") throw new Error(`RemoteStartTransaction: ${status}`);
}

export async function remoteStop(call, { transactionId }) {
  const { status } = await call("RemoteStopTransaction", { transactionId });
  if (status !== "Accepted") throw new Error(`RemoteStopTransaction: ${status}`);
}

export const unlock = async (call) => (await call("UnlockConnector", { connectorId: 1 })).status;
export const reset = (call) => call("Reset", { type: "Soft" });
