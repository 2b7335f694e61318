// What the Node central system says and understands in OCPP 2.0.1.

export const protocol = "ocpp2.0.1";

export function answers({ status }) {
  const now = () => new Date().toISOString();
  const table = {
    BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: 300 }),
    Heartbeat: () => ({ currentTime: now() }),
    Authorize: ({ idToken }) => ({ idTokenInfo: { status: status(idToken.idToken) } }),
    TransactionEvent: ({ idToken }) => (idToken ? { idTokenInfo: { status: status(idToken.idToken) } } : {}),
    DataTransfer: () => ({ status: "UnknownVendorId" }),
  };
  return (action, params) => (table[action] ?? (() => ({})))(params);
}

export const isAvailable = (action, params) =>
  action === "StatusNotification" && params.evseId === 1 && params.connectorStatus === "Available";
export const isStart = (action, params) => action === "TransactionEvent" && params.eventType === "Started";
export const isStop = (action, params) => action === "TransactionEvent" && params.eventType === "Ended";
export const reason = (params) => params.transactionInfo.stoppedReason ?? "Local"; // E06.FR.09: Local may be left out

export function registers(calls) {
  const found = [];
  for (const { action, params } of calls) {
    if (action !== "TransactionEvent" && action !== "MeterValues") continue;
    for (const { sampledValue } of params.meterValue ?? []) {
      for (const { value, measurand = "Energy.Active.Import.Register", unitOfMeasure, phase } of sampledValue) {
        if (measurand !== "Energy.Active.Import.Register" || phase) continue;
        const { unit = "Wh", multiplier = 0 } = unitOfMeasure ?? {};
        found.push(value * 10 ** multiplier * (unit === "kWh" ? 1000 : 1));
      }
    }
  }
  return found;
}

export async function configure(call) {
  const component = { name: "SampledDataCtrlr" };
  const variable = { name: "TxUpdatedInterval" };
  const { setVariableResult } = await call("SetVariables", {
    setVariableData: [{ component, variable, attributeValue: "1" }],
  });
  const status = setVariableResult[0].attributeStatus;
  if (status !== "Accepted") throw new Error(`SetVariables: ${status}`);
  const { getVariableResult } = await call("GetVariables", { getVariableData: [{ component, variable }] });
  const { attributeValue } = getVariableResult[0];
  if (attributeValue !== "1") throw new Error(`it is ${attributeValue} now`);
  return { status };
}

let lastRemoteStart = 0;
export async function remoteStart(call, uid) {
  const { status } = await call("RequestStartTransaction", {
    remoteStartId: ++lastRemoteStart,
    idToken: { idToken: uid, type: "ISO14443" },
    evseId: 1,
  });
  if (status !== "Accepted") throw new Error(`RequestStartTransaction: ${status}`);
}

export async function remoteStop(call, { transactionInfo: { transactionId } }) {
  const { status } = await call("RequestStopTransaction", { transactionId });
  if (status !== "Accepted") throw new Error(`RequestStopTransaction: ${status}`);
}

export const unlock = async (call) => (await call("UnlockConnector", { evseId: 1, connectorId: 1 })).status;
export const reset = (call) => call("Reset", { type: "Immediate" });
