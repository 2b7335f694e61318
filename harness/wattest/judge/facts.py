"""What the judge may know beside the evidence: the charger sheet's figures and a few limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from wattest.model.charger import ChargerSheet


@dataclass(frozen=True)
class Facts:
    """Figures stated by the maker, and the tolerances that monitors allow. Nothing here comes from behaviour.

    Tolerances without a standard behind them are the project's own and say so.
    """

    connectors: int = 1
    cable: Literal["tethered", "socket"] = "tethered"
    phases: int = 1
    rated_voltage_v: float = 240.0
    rated_current_a: float = 32.0
    register_step_wh: float = 1.0
    power_loss: Literal["ends_before", "ends_after_boot", "resumes"] = "ends_after_boot"
    connection_timeout_s: float = 60.0
    boot_time_s: float = 60.0
    features: tuple[str, ...] = ()
    measurement_plane: Literal["input", "output_terminals", "connector"] = "connector"
    """Where the reference meter sits, by the bench file."""
    cord_loop_ohm: float | None = None
    """Resistance of the charging cord at 20 degC, out and back; by the bench file, or else by the charger sheet."""
    cord_tolerance_pct: float = 10.0
    """How far that may be off."""
    call_timeout_s: float = 30.0
    """How long a CALL of the central system waits for its answer (project)."""
    clock_tolerance_s: float = 2.0
    """Error of the station's clock after synchronisation (DAT-01, NET-08; project)."""
    delay_tolerance_s: float = 3.0
    """How long an event may take to become a message on a link that is up (project)."""
    settle_s: float = 5.0
    """Grace for locks and contactors to follow a state (LCK-02: 5 s; project)."""
    balance_pct: float = 4.0
    """Largest gap between register and reference meter that is no gross error: MID Annex V class B at -40 degC."""
    power_integral_pct: float = 5.0
    """Largest gap between the integral of the reported power and the register (project)."""
    flood_per_s: float = 10.0
    """CALLs per second, sustained for 5 s, above which a station floods (project)."""
    attempts_per_minute: int = 13
    """Connections within a minute above which it is a storm: 3 at once, then 10 a minute (project)."""

    @property
    def rated_power_w(self) -> float:
        """The most that one connector can deliver."""
        return self.rated_voltage_v * self.rated_current_a * self.phases


def facts_of(sheet: ChargerSheet | Mapping[str, Any], **more: Any) -> Facts:
    """Facts from a charger sheet, or from the sheet as the header of a record holds it.

    ``more`` are facts that no sheet states, such as ``measurement_plane`` of the bench. What a sheet does not state keeps the default, so that records of other versions can still be judged.
    """
    known = {field.name for field in fields(Facts)}
    stated = dict(sheet) if isinstance(sheet, Mapping) else dict(vars(sheet))
    chosen = {name: value for name, value in stated.items() if name in known}
    if "features" in chosen:
        chosen["features"] = tuple(chosen["features"])
    return Facts(**{**chosen, **more})
