// The Node charger in OCPP 1.6J.

export const protocol = "ocpp1.6";

const STATUS = {
  available: "Available",
  preparing: "Preparing",
  charging: "Charging",
  "suspended ev": "SuspendedEV",
  "suspended evse": "SuspendedEVSE",
  finishing: "Finishing",
  unavailable: "Unavailable",
  faulted: "Faulted",
};

const REASON = {
  local: "Local",
  remote: "Remote",
  "power loss": "PowerLoss",
  "soft reset": "SoftReset",
  "hard reset": "HardReset",
  "ev disconnected": "EVDisconnected",
  deauthorized: "DeAuthorized",
  unlock: "UnlockCommand",
};

const KEYS = {
  HeartbeatInterval: "heartbeatInterval",
  ConnectionTimeOut: "connectionTimeout",
  MeterValueSampleInterval: "meterInterval",
  StopTransactionOnInvalidId: "stopOnInvalid",
  AuthorizeRemoteTxRequests: "authorizeRemote",
};

const FIXED = {
  NumberOfConnectors: "1",
  MeterValuesSampledData: "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
  SupportedFeatureProfiles: "Core,RemoteTrigger,SmartCharging",
  LocalAuthorizeOffline: "false",
  LocalPreAuthorize: "false",
  ClockAlignedDataInterval: "0",
  ConnectorPhaseRotation: "NotApplicable",
  GetConfigurationMaxKeys: "20",
  MeterValuesAlignedData: "",
  ResetRetries: "0",
  StopTransactionOnEVSideDisconnect: "true",
  StopTxnAlignedData: "",
  StopTxnSampledData: "",
  TransactionMessageAttempts: "3",
  TransactionMessageRetryInterval: "1",
  UnlockConnectorOnEVSideDisconnect: "true",
};

export function dialect(station) {
  const { plant, settings } = station;
  const link = () => station.link;

  function samples(context) {
    const watts = plant.watts();
    const value = (measurand, amount, unit) => ({ value: String(amount), context, measurand, unit });
    return [
      value("Energy.Active.Import.Register", plant.register(), "Wh"),
      value("Power.Active.Import", watts.toFixed(1), "W"),
      value("Current.Import", plant.amps().toFixed(2), "A"),
      value("Voltage", (plant.powered ? plant.voltage : 0).toFixed(1), "V"),
    ];
  }

  function status(occupancy) {
    return link().call("StatusNotification", {
      connectorId: 1,
      status: STATUS[occupancy],
      errorCode: station.fault ? "ConnectorLockFailure" : "NoError",
      timestamp: station.now(),
    });
  }

  const spoken = {
    boot: () =>
      link().call("BootNotification", {
        chargePointVendor: "Node Peer",
        chargePointModel: "Loopback 1",
        chargePointSerialNumber: "NP-0001",
        firmwareVersion: "0.1",
      }),
    status: async (occupancy) => {
      await status(occupancy);
    },
    heartbeat: () => link().call("Heartbeat", {}),
    authorize: async (uid) => {
      const { idTagInfo } = await link().call("Authorize", { idTag: uid });
      return { status: idTagInfo.status, group: idTagInfo.parentIdTag };
    },
    started: (tx) =>
      link().deliver(
        "StartTransaction",
        () => ({ connectorId: 1, idTag: tx.token, meterStart: tx.startWh, timestamp: tx.startedAt }),
        ({ transactionId, idTagInfo }) => {
          tx.id = transactionId;
          tx.group ??= idTagInfo.parentIdTag;
          if (idTagInfo.status !== "Accepted") station.refused(tx, idTagInfo.status);
        },
      ),
    updated: (tx, why) => {
      if (why !== "periodic") return;
      const meterValue = [{ timestamp: station.now(), sampledValue: samples("Sample.Periodic") }];
      link().deliver("MeterValues", () => ({ connectorId: 1, transactionId: tx.id, meterValue }));
    },
    ended: (tx) =>
      link().deliver("StopTransaction", () => ({
        transactionId: tx.id,
        meterStop: tx.stopWh,
        timestamp: tx.endedAt,
        reason: REASON[tx.reason],
        ...(tx.reason === "local" ? { idTag: tx.token } : {}),
      })),
    lockFailed: () => {}, // the errorCode of the status that follows says it
  };

  const handlers = {
    RemoteStartTransaction: ({ idTag, connectorId }) => {
      if ((connectorId ?? 1) !== 1 || station.running || !station.operative || station.fault) {
        return { status: "Rejected" };
      }
      setImmediate(() =>
        settings.authorizeRemote ? station.card(idTag) : station.admit({ token: idTag, trigger: "RemoteStart" }),
      );
      return { status: "Accepted" };
    },
    RemoteStopTransaction: ({ transactionId }) => {
      if (!station.running || station.tx.id !== transactionId) return { status: "Rejected" };
      setImmediate(() => station.end("remote"));
      return { status: "Accepted" };
    },
    UnlockConnector: ({ connectorId }) => {
      if (connectorId !== 1) return { status: "NotSupported" };
      return { status: station.unlock() ? "Unlocked" : "UnlockFailed" };
    },
    Reset: ({ type }) => {
      setTimeout(() => station.reset(type === "Hard" ? "hard" : "soft"), 50);
      return { status: "Accepted" };
    },
    ChangeAvailability: ({ connectorId, type }) =>
      connectorId > 1 ? { status: "Rejected" } : { status: station.available(type === "Operative") },
    GetConfiguration: ({ key }) => {
      const all = [
        ...Object.entries(KEYS).map(([name, mine]) => ({ key: name, readonly: false, value: String(settings[mine]) })),
        ...Object.entries(FIXED).map(([name, value]) => ({ key: name, readonly: true, value })),
      ];
      if (!key?.length) return { configurationKey: all };
      const known = new Set(all.map((entry) => entry.key));
      return {
        configurationKey: all.filter((entry) => key.includes(entry.key)),
        unknownKey: key.filter((name) => !known.has(name)),
      };
    },
    ChangeConfiguration: ({ key, value }) => {
      if (key in FIXED) return { status: "Rejected" };
      if (!(key in KEYS)) return { status: "NotSupported" };
      const read = readSetting(settings[KEYS[key]], value);
      if (read === undefined) return { status: "Rejected" };
      settings[KEYS[key]] = read;
      if (key === "HeartbeatInterval") station.beat();
      if (key === "MeterValueSampleInterval") station.retime();
      return { status: "Accepted" };
    },
    SetChargingProfile: ({ csChargingProfiles: profile }) => {
      const { chargingRateUnit, chargingSchedulePeriod } = profile.chargingSchedule;
      if (chargingRateUnit !== "A") return { status: "Rejected" };
      station.limits.set(profile.chargingProfilePurpose, chargingSchedulePeriod[0].limit);
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
        BootNotification: () => spoken.boot(),
        Heartbeat: () => spoken.heartbeat(),
        StatusNotification: () => status(station.occupancy()),
      }[requestedMessage];
      if (!say) return { status: "NotImplemented" };
      setTimeout(() => say().catch((error) => station.log("trigger", error.message)), 20);
      return { status: "Accepted" };
    },
    ClearCache: () => ({ status: "Rejected" }), // there is none
    GetLocalListVersion: () => ({ listVersion: -1 }), // -1: not supported, OCPP 1.6 5.10
    SendLocalList: () => ({ status: "NotSupported" }),
    DataTransfer: ({ vendorId, messageId, data }) => {
      if (vendorId !== "org.openchargealliance.costmsg") return { status: "UnknownVendorId" };
      if (!["RunningCost", "FinalCost"].includes(messageId)) return { status: "UnknownMessageId" };
      station.showCost(JSON.parse(data).cost);
      return { status: "Accepted" };
    },
  };

  return { ...spoken, handlers };
}

// The new value in the type of the old one; undefined when it is not one.
export function readSetting(old, text) {
  if (typeof old === "boolean") return { true: true, false: false }[text.toLowerCase()];
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
