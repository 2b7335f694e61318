from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest_instruments.analysers.printed import nr3
from wattest_instruments.analysers.yokogawa_wt_twin import WtTwin


@dataclass
class Circuit:
    """A plane whose quantities a test sets."""

    phases: int = 1
    volts: float = 239.36
    amperes: float = 32.0
    watt_hours: float = 0.0
    seconds: float = 0.0

    def voltage_v(self) -> float:
        return self.volts

    def current_a(self) -> float:
        return self.amperes

    def power_w(self) -> float:
        return self.phases * self.volts * self.amperes

    def energy_wh(self) -> float:
        return self.watt_hours

    def time_s(self) -> float:
        return self.seconds


@pytest.fixture
def circuit() -> Circuit:
    return Circuit()


@pytest.fixture
def twin(circuit: Circuit) -> WtTwin:
    made = WtTwin(circuit)
    made.handle(":COMM:HEAD OFF;VERB OFF")
    made.handle(":INP:VOLT:RANG 300V;:INP:CURR:RANG 50A")
    made.handle(":NUM:NUM 5;ITEM1 U,1;ITEM2 I,1;ITEM3 P,1;ITEM4 WH,1;ITEM5 TIME,1")
    return made


def error(twin: WtTwin) -> str | None:
    return twin.handle(":STAT:ERR?")


def test_headers_and_long_words_are_on_after_power_up(circuit: Circuit) -> None:
    """A fresh instrument answers in full, and tersely once told so; *RST brings that back."""
    twin = WtTwin(circuit)
    assert twin.handle(":INTEG:STAT?") == ":INTEGRATE:STATE RESET"
    assert twin.handle(":COMM:HEAD?") == ":COMMUNICATE:HEADER 1"
    twin.handle(":COMMunicate:HEADer OFF")
    assert twin.handle(":INTEG:STAT?") == "RESET"
    twin.handle(":COMM:VERB OFF")
    assert twin.handle(":INTEG:STAT?") == "RES"
    twin.handle("*RST")
    assert twin.handle(":INTEG:STAT?") == ":INTEGRATE:STATE RESET"


def test_values_come_as_chosen_and_with_the_instruments_digits(twin: WtTwin, circuit: Circuit) -> None:
    """Five significant digits and engineering exponents, in the order of the items."""
    assert twin.handle(":NUM:NORM:VAL?") == "239.36E+00,32.000E+00,7.6595E+03,0.00000E+00,0"
    circuit.amperes = 0.123456
    assert twin.handle(":NUMERIC:VALUE? 2") == "123.46E-03"
    assert twin.handle(":NUM:NORM:ITEM4?") == "WH,1"
    assert twin.handle(":NUM:ITEM9 U,9;ITEM9?") == "U,9"
    assert twin.handle(":NUM:ITEM30?") == "NONE"


def test_integral_counts_from_start_to_stop(twin: WtTwin, circuit: Circuit) -> None:
    """Energy before the start and after the stop is not counted; a second start goes on; six digits are kept."""
    circuit.watt_hours = 500.0
    twin.handle(":INTEG:STAR")
    circuit.watt_hours, circuit.seconds = 1500.1234, 3600.9
    assert twin.handle(":NUM:VAL? 4;VAL? 5") == "1.00012E+03;3600"
    twin.handle(":INTEG:STOP")
    circuit.watt_hours, circuit.seconds = 9999.0, 9999.0
    assert twin.handle(":NUM:VAL? 4") == "1.00012E+03"
    twin.handle(":INTEG:STAR")
    circuit.watt_hours += 1.0
    assert twin.handle(":NUM:VAL? 4") == "1.00112E+03"
    twin.handle(":INTEG:STOP;RES")
    assert twin.handle(":NUM:VAL? 4") == "0.00000E+00"
    assert error(twin) == '0,"No error"'


def test_integrator_refuses_what_its_state_forbids(twin: WtTwin) -> None:
    """Starting twice, stopping when stopped, resetting or changing ranges while running go to the error queue."""
    twin.handle(":INTEG:STOP")
    twin.handle(":INTEG:STAR;STAR;RES")
    twin.handle(":INP:CURR:RANG 5A")
    assert error(twin) == '843,"Attempted to stop integration while it was not running"'
    assert error(twin) == '842,"Attempted to start integration while it was running"'
    assert error(twin) == '845,"Attempted to reset integration while it was running"'
    assert error(twin) == '813,"Invalid operation in measuring mode: integration is running"'
    assert error(twin) == '0,"No error"'
    assert twin.handle(":INP:CURR:RANG?") == "50.00E+00"


def test_power_failure_ends_an_integration_in_error(twin: WtTwin, circuit: Circuit) -> None:
    """The instrument's own power failure leaves the state ERROR, and nothing when it was idle."""
    twin.interrupt()
    assert twin.integrator == "RESET"
    twin.handle(":INTEG:STAR")
    circuit.watt_hours = 5.0
    twin.interrupt()
    assert twin.handle(":INTEG:STAT?;:NUM:VAL? 4") == "ERR;5.00000E+00"


def test_beyond_the_range_nothing_is_shown(twin: WtTwin, circuit: Circuit) -> None:
    """Up to 140 % of a range there is a value, above there is INF, for power too."""
    twin.handle(":INP:CURR:RANG 20A")
    circuit.amperes = 28.0
    assert twin.handle(":NUM:VAL? 2") == "28.000E+00"
    circuit.amperes = 28.1
    assert twin.handle(":NUM:VAL? 2;VAL? 3") == "INF;INF"
    circuit.volts = 421.0
    assert twin.handle(":NUM:VAL? 1") == "INF"


def test_items_without_data_are_nan(twin: WtTwin) -> None:
    """An element that sees no phase, and functions beyond this circuit, are NAN."""
    assert twin.handle(":NUM:NUM 3;ITEM1 U,2;ITEM2 UTHD,1;:NUM:VAL?") == "NAN,NAN,7.6595E+03"


def test_sum_of_three_phases() -> None:
    """An element sees its phase, SIGMa all of them."""
    twin = WtTwin(Circuit(phases=3, volts=230.0, amperes=10.0))
    twin.handle(":COMM:HEAD OFF;:INP:WIR P3W4")
    assert twin.handle(":INP:WIR?") == "P3W4"
    assert twin.handle(":NUM:NUM 2;ITEM1 P,1;ITEM2 P,SIGMa;:NUM:VAL?") == "2.3000E+03,6.9000E+03"


def test_gain_makes_an_imperfect_reference(circuit: Circuit) -> None:
    """A gain of 0.1 % is in power and energy, not in voltage and current."""
    twin = WtTwin(circuit, gain=0.001)
    twin.handle(":NUM:NUM 4;ITEM1 U,1;ITEM2 I,1;ITEM3 P,1;ITEM4 WH,1;:INTEG:STAR")
    circuit.watt_hours = 1000.0
    assert twin.handle(":NUM:VAL?") == "239.36E+00,32.000E+00,7.6672E+03,1.00100E+03"


def test_held_values_stay_together(twin: WtTwin, circuit: Circuit) -> None:
    """HOLD freezes a coherent set until it is released."""
    twin.handle(":NUM:HOLD ON")
    circuit.volts = 100.0
    assert twin.handle(":NUM:VAL? 1") == "239.36E+00"
    assert twin.handle(":NUM:HOLD?;HOLD OFF;VAL? 1") == "1;100.00E+00"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (":FOO:BAR 1", '113,"Undefined Header"'),
        (":INTEG:STAT", '113,"Undefined Header"'),
        (":INP:VOLT:RANG ham", '120,"Numeric data error"'),
        (":INP:VOLT:RANG 2000V", '222,"Data out of range"'),
        (":COMM:HEAD MAYBE", '120,"Numeric data error"'),
        (":NUM:NUM 300", '222,"Data out of range"'),
        (":NUM:ITEM1 HAM,1", '120,"Numeric data error"'),
        (":NUM:FORM FLO", '120,"Numeric data error"'),
        (":INTEG:TIM 1,0,0", '222,"Data out of range"'),
    ],
)
def test_what_it_does_not_understand_goes_to_the_error_queue(twin: WtTwin, line: str, answer: str) -> None:
    """Nothing is answered; the queue tells, once, and *CLS empties it."""
    assert twin.handle(line) is None
    assert error(twin) == answer
    assert error(twin) == '0,"No error"'
    twin.handle(line)
    twin.handle("*CLS")
    assert error(twin) == '0,"No error"'


def test_settings_can_be_read_back(twin: WtTwin) -> None:
    """Every setting that the driver makes has a query."""
    twin.handle(":RATE 100MS;:INP:VOLT:AUTO ON")
    assert (
        twin.handle(":RATE?;:INP:VOLT:AUTO?;:NUM:NUM?;FORM?;:INTEG:MODE?;TIM?;*OPC?")
        == "100MS;1;5;ASC;NORMAL;0,0,0;1"
    )
    twin.handle(":INP:VOLT:RANG 150V")
    assert twin.handle(":INP:VOLT:AUTO?") == "0"


def test_small_model_has_its_own_commands_ranges_and_items(circuit: Circuit) -> None:
    """A WT310E knows neither elements nor wirings, ten items at most, and other ranges."""
    twin = WtTwin(circuit, model="WT310E")
    twin.handle(":COMM:HEAD OFF;VERB OFF;:SYST:COMM:COMM WT300;:NUM:NUM 10")
    assert error(twin) == '0,"No error"'
    twin.handle(":INP:VOLT:RANG 300V;:INP:CURR:RANG 20A;:NUM:ITEM1 I,1;:INTEG:TIM 0,0,0")
    assert twin.handle(":INP:CURR:RANG?;:NUM:VAL? 1") == "20.00E+00;INF"
    twin.handle(":INP:CURR:RANG:ELEM1 5A;:INP:WIR P1W2;:NUM:NUM 11;:INP:CURR:RANG 50A;:SYST:COMM:COMM WT1")
    for complaint in (113, 113, 222, 222, 120):
        assert str(error(twin)).startswith(f"{complaint},")


def test_transformer_lets_more_through(circuit: Circuit) -> None:
    """32 A through a transformer of ratio 10 fit a range of 5 A, and are shown as 32 A."""
    twin = WtTwin(circuit, model="WT333E")
    twin.handle(":COMM:HEAD OFF;:INP:VOLT:RANG 300V;:INP:CURR:RANG 5A;:NUM:ITEM1 I,1")
    assert twin.handle(":NUM:VAL? 1") == "INF"
    twin.handle(":INP:SCAL:CT 10;:INP:SCAL ON")
    assert twin.handle(":NUM:VAL? 1;:INP:SCAL:CT?") == "32.000E+00;10.0000"
    twin.handle(":INP:SCAL:CT 0")
    assert error(twin) == '222,"Data out of range"'


def test_look_alike_has_its_own_short_forms(circuit: Circuit) -> None:
    """A GPM-8213 takes NUMB and items without elements, and complains about the others."""
    twin = WtTwin(circuit, model="GPM-8213", serial="GES913349")
    assert twin.handle("*IDN?") == "GWInstek,GPM-8213,GES913349,V1.05"
    twin.handle(":COMM:HEAD OFF;:NUM:NORM:NUMB 2;ITEM1 U;ITEM2 WH;:INTEG:MODE MANU;:INTEG:STAR")
    assert twin.handle(":NUM:NORM:VAL?") == "239.36E+00,0.00000E+00"
    assert error(twin) == '0,"No error"'
    twin.handle(":NUM:NORM:NUM 2;ITEM1 U,1;:INP:SCAL OFF")
    assert [str(error(twin))[:3] for _ in range(3)] == ["113", "120", "113"]


@given(st.floats(1e-9, 1e12), st.integers(4, 6))
def test_printed_numbers_keep_their_digits(value: float, digits: int) -> None:
    """A printed value has so many digits, an exponent divisible by three, and is right to half the last digit."""
    text = nr3(value, digits)
    mantissa, exponent = text.split("E")
    assert len(mantissa.replace(".", "")) == digits
    assert int(exponent) % 3 == 0
    assert float(text) == pytest.approx(value, rel=0.5001 * 10.0 ** (1 - digits))


@given(st.text(max_size=100))
def test_no_line_upsets_the_instrument(line: str) -> None:
    """Whatever arrives, the twin answers or complains in its queue, and never fails."""
    WtTwin(Circuit()).handle(line)
