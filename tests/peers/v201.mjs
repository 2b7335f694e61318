// The Node charger in OCPP 2.0.1. A transaction starts when the car is connected and somebody is authorised.

import { randomUUID } from "node:crypto";
import { readSetting } from "./v16.mjs";

export const protocol = "ocpp2.0.1";

const STATE = {
  "ev connected": "EVConnected",
  charging: "Charging",
  "suspended ev": "SuspendedEV",
  "suspended evse": "SuspendedEVSE",
  idle: "Idle",
};

// reason -> [stoppedReason, triggerReason]
const REASON = {
  local: ["Local", "StopAuthorized"],
  remote: ["Remote", "RemoteStop"],
  "power loss": ["PowerLoss", "AbnormalCondition"],
  "soft reset": ["ImmediateReset", "ResetCommand"],
  "hard reset": ["ImmediateReset", "ResetCommand"],
  "ev disconnected": ["EVDisconnected", "EVCommunicationLost"],
  deauthorized: ["DeAuthorized", "Deauthorized"],
  unlock: ["Other", "UnlockCommand"],
};

const VARIABLES = {
  "OCPPCommCtrlr.HeartbeatInterval": "heartbeatInterval",
  "TxCtrlr.EVConnectionTimeOut": "connectionTimeout",
  "SampledDataCtrlr.TxUpdatedInterval": "meterInterval",
  "TxCtrlr.StopTxOnInvalidId": "stopOnInvalid",
  "AuthCtrlr.AuthorizeRemoteStart": "authorizeRemote",
};

const FIXED = {
  "TxCtrlr.TxStartPoint": "PowerPathClosed",
  "TxCtrlr.TxStopPoint": "Authorized",
  "TxCtrlr.StopTxOnEVSideDisconnect": "true",
  "AuthCtrlr.LocalPreAuthorize": "false",
  "AuthCtrlr.LocalAuthorizeOffline": "false",
  "SampledDataCtrlr.TxUpdatedMeasurands":
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
};

export function dialect(station) {
  const { plant, settings } = station;
  const link = () => station.link;

  function meterValue(context) {
    const value = (measurand, amount, unit) => ({
      value: amount,
      context,
      measurand,
      unitOfMeasure: { unit },
    });
    return [
      {
        timestamp: station.now(),
        sampledValue: [
          value("Energy.Active.Import.Register", plant.register(), "Wh"),
          value("Power.Active.Import", plant.watts(), "W"),
          value("Current.Import", plant.amps(), "A"),
          value("Voltage", plant.powered ? plant.voltage : 0, "V"),
        ],
      },
    ];
  }

  function idToken(uid) {
    return { idToken: uid, type: "ISO14443" };
  }

  function event(tx, eventType, triggerReason, extra = {}, info = {}) {
    const payload = {
      eventType,
      triggerReason,
      timestamp: station.now(),
      seqNo: tx.seqNo++,
      offline: !station.link.up,
      transactionInfo: { transactionId: tx.id, ...info },
      evse: { id: 1, connectorId: 1 },
      ...extra,
    };
    link().deliver(
      "TransactionEvent",
      () => payload,
      ({ totalCost, idTokenInfo }) => {
        if (totalCost !== undefined) station.showCost(totalCost);
        if (idTokenInfo && idTokenInfo.status !== "Accepted") station.refused(tx, idTokenInfo.status);
      },
    );
  }

  const spoken = {
    boot: (reason) =>
      link().call("BootNotification", {
        reason,
        chargingStation: {
          vendorName: "Node Peer",
          model: "Loopback 1",
          serialNumber: "NP-0001",
          firmwareVersion: "0.1",
        },
      }),
    status: async (occupancy) => {
      const connectorStatus = { available: "Available", unavailable: "Unavailable", faulted: "Faulted" };
      await link().call("StatusNotification", {
        timestamp: station.now(),
        evseId: 1,
        connectorId: 1,
        connectorStatus: connectorStatus[occupancy] ?? "Occupied",
      });
    },
    heartbeat: () => link().call("Heartbeat", {}),
    authorize: async (uid) => {
      const { idTokenInfo } = await link().call("Authorize", { idToken: idToken(uid) });
      return { status: idTokenInfo.status, group: idTokenInfo.groupIdToken?.idToken };
    },
    started: (tx) => {
      tx.id = randomUUID();
      const remote = tx.remoteStartId === undefined ? {} : { remoteStartId: tx.remoteStartId };
      event(
        tx,
        "Started",
        tx.trigger,
        { idToken: idToken(tx.token), meterValue: meterValue("Transaction.Begin") },
        { chargingState: "EVConnected", ...remote },
      );
    },
    updated: (tx, why) => {
      const trigger = why === "periodic" ? "MeterValuePeriodic" : "ChargingStateChanged";
      const extra = why === "periodic" ? { meterValue: meterValue("Sample.Periodic") } : {};
      event(tx, "Updated", trigger, extra, { chargingState: STATE[station.chargingState()] });
    },
    ended: (tx) => {
      const [stoppedReason, trigger] = REASON[tx.reason];
      const extra = { meterValue: meterValue("Transaction.End") };
      if (tx.reason === "local") extra.idToken = idToken(tx.token);
      event(tx, "Ended", trigger, extra, { stoppedReason, chargingState: "EVConnected" });
    },
    lockFailed: (which) =>
      link().deliver("NotifyEvent", () => ({
        generatedAt: station.now(),
        seqNo: 0,
        eventData: [
          {
            eventId: 1,
            timestamp: station.now(),
            trigger: "Alerting",
            actualValue: "true",
            techInfo: `the ${which} lock did not move`,
            eventNotificationType: "HardWiredNotification",
            component: { name: "ConnectorPlugRetentionLock", evse: { id: 1, connectorId: 1 } },
            variable: { name: "Problem" },
          },
        ],
      })),
  };

  function look(component, variable) {
    const path = `${component.name}.${variable.name}`;
    if (path in VARIABLES) return { value: String(settings[VARIABLES[path]]), writable: true };
    if (path in FIXED) return { value: FIXED[path], writable: false };
    const components = [...Object.keys(VARIABLES), ...Object.keys(FIXED)].map((known) => known.split(".")[0]);
    return { missing: components.includes(component.name) ? "UnknownVariable" : "UnknownComponent" };
  }

  const handlers = {
    RequestStartTransaction: ({ idToken: token, remoteStartId, evseId }) => {
      if ((evseId ?? 1) !== 1 || station.running || !station.operative || station.fault) {
        return { status: "Rejected" };
      }
      const permission = { token: token.idToken, remoteStartId, trigger: "RemoteStart" };
      setImmediate(() => (settings.authorizeRemote ? station.card(token.idToken) : station.admit(permission)));
      return { status: "Accepted" };
    },
    RequestStopTransaction: ({ transactionId }) => {
      if (!station.running || station.tx.id !== transactionId) return { status: "Rejected" };
      setImmediate(() => station.end("remote"));
      return { status: "Accepted" };
    },
    UnlockConnector: ({ evseId, connectorId }) => {
      if (evseId !== 1 || connectorId !== 1) return { status: "UnknownConnector" };
      if (station.running) return { status: "OngoingAuthorizedTransaction" }; // F05.FR.02
      return { status: station.unlock() ? "Unlocked" : "UnlockFailed" };
    },
    Reset: ({ type, evseId }) => {
      if (evseId !== undefined) return { status: "Rejected" }; // one EVSE: only the whole station
      if (type === "OnIdle" && station.resetWhenIdle()) return { status: "Scheduled" };
      setTimeout(() => station.reset(type === "Immediate" ? "hard" : "soft"), 50);
      return { status: "Accepted" };
    },
    ChangeAvailability: ({ evse, operationalStatus }) =>
      (evse?.id ?? 1) !== 1
        ? { status: "Rejected" }
        : { status: station.available(operationalStatus === "Operative") },
    GetVariables: ({ getVariableData }) => ({
      getVariableResult: getVariableData.map(({ component, variable }) => {
        const { value, missing } = look(component, variable);
        const found = missing ? { attributeStatus: missing } : { attributeStatus: "Accepted", attributeValue: value };
        return { component, variable, ...found };
      }),
    }),
    SetVariables: ({ setVariableData }) => ({
      setVariableResult: setVariableData.map(({ component, variable, attributeValue }) => {
        const { missing, writable } = look(component, variable);
        return { component, variable, attributeStatus: missing ?? write(component, variable, attributeValue, writable) };
      }),
    }),
    GetBaseReport: ({ requestId }) => {
      setTimeout(() => report(requestId), 20);
      return { status: "Accepted" };
    },
    SetChargingProfile: ({ chargingProfile }) => {
      const { chargingRateUnit, chargingSchedulePeriod } = chargingProfile.chargingSchedule[0];
      if (chargingRateUnit !== "A") return { status: "Rejected" };
      station.limits.set(chargingProfile.chargingProfilePurpose, chargingSchedulePeriod[0].limit);
      setImmediate(() => station.follow());
      return { status: "Accepted" };
    },
    ClearChargingProfile: () => {
      const status = station.limits.size ? "Accepted" : "Unknown";
      station.limits.clear();
      setImmediate(() => station.follow());
      return { status };
    },
    TriggerMessage: ({ requestedMessage }) => {
      const say = {
        BootNotification: () => spoken.boot("Triggered"),
        Heartbeat: () => spoken.heartbeat(),
        StatusNotification: () => spoken.status(station.occupancy()),
      }[requestedMessage];
      if (!say) return { status: "NotImplemented" };
      setTimeout(() => say().catch((error) => station.log("trigger", error.message)), 20);
      return { status: "Accepted" };
    },
    CostUpdated: ({ totalCost }) => {
      station.showCost(totalCost);
      return {};
    },
    GetTransactionStatus: ({ transactionId }) => ({
      messagesInQueue: false,
      ...(transactionId ? { ongoingIndicator: station.running && station.tx.id === transactionId } : {}),
    }),
    ClearCache: () => ({ status: "Rejected" }), // there is none
    DataTransfer: () => ({ status: "UnknownVendorId" }),
  };

  function write(component, variable, text, writable) {
    if (!writable) return "Rejected";
    const name = VARIABLES[`${component.name}.${variable.name}`];
    const read = readSetting(settings[name], text);
    if (read === undefined) return "Rejected";
    settings[name] = read;
    if (name === "heartbeatInterval") station.beat();
    if (name === "meterInterval") station.retime();
    return "Accepted";
  }

  function report(requestId) {
    const entry = (path, value, mutability) => {
      const [component, variable] = path.split(".");
      return {
        component: { name: component },
        variable: { name: variable },
        variableAttribute: [{ value, mutability }],
      };
    };
    const reportData = [
      ...Object.entries(VARIABLES).map(([path, mine]) => entry(path, String(settings[mine]), "ReadWrite")),
      ...Object.entries(FIXED).map(([path, value]) => entry(path, value, "ReadOnly")),
    ];
    link().deliver("NotifyReport", () => ({
      requestId,
      generatedAt: station.now(),
      seqNo: 0,
      tbc: false,
      reportData,
    }));
  }

  return { ...spoken, handlers };
}
