from contextlib import closing

import pytest
import pyvisa

from wattest_instruments.dialogue import expect_dialogue


def visa(library: str) -> pyvisa.resources.MessageBasedResource:
    resource = pyvisa.ResourceManager(library).open_resource("TCPIP::dialogue::INSTR")
    assert isinstance(resource, pyvisa.resources.MessageBasedResource)
    resource.read_termination = resource.write_termination = "\n"
    return resource


def test_dialogue_as_written_passes() -> None:
    """A driver that says its lines in order hears the answers."""
    with expect_dialogue(("*IDN?", "ACME"), ("ON", None)) as library:
        resource = visa(library)
        assert resource.query("*IDN?") == "ACME"
        resource.write("ON")
        resource.close()


def test_wrong_line_fails_with_both_lines() -> None:
    """The first wrong line is named beside the expected one, whatever follows from it."""

    def wrong() -> None:
        with expect_dialogue(("ON", None)) as library:
            resource = visa(library)
            resource.write("OFF")
            resource.write("AGAIN")
            resource.close()

    with pytest.raises(AssertionError, match=r"^The driver said 'OFF' where 'ON' was expected\.$"):
        wrong()


def test_line_too_many_fails_although_the_driver_fails_too() -> None:
    """What the driver said is the reason, not the time-out that it got."""

    def talkative() -> None:
        with expect_dialogue() as library, closing(visa(library)) as resource:
            resource.query("*IDN?")

    with pytest.raises(
        AssertionError, match=r"^The driver said '\*IDN\?' where 'nothing more' was expected\.$"
    ):
        talkative()


def test_line_never_said_fails() -> None:
    """Leaving early is named with the first line left over."""
    with (
        pytest.raises(AssertionError, match=r"^The driver never said 'ON'\.$"),
        expect_dialogue(("ON", None)),
    ):
        pass


def test_failure_of_the_driver_itself_comes_through() -> None:
    """An error of the block is not hidden by lines left over."""
    with pytest.raises(RuntimeError, match="broken"), expect_dialogue(("ON", None)):
        raise RuntimeError("broken")
