"""The reference central system of OCPP 1.6J, 2.0.1 and 2.1.

::

    csms = Csms(clock, recorder.note)
    csms.set_card(Card("04E2A1B2"))
    network.listen(csms.accept, csms.choose)
    ...
    await csms.wait_ready(within_s=300)
    answer = await csms.station().remote_start(Card("04E2A1B2"))
    csms.ledger.transactions
"""

from __future__ import annotations

from wattest.csms.csms import Csms
from wattest.csms.happenings import Link, Seen
from wattest.csms.station import Answer, Station

__all__ = ["Answer", "Csms", "Link", "Seen", "Station"]
