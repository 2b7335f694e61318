"""The record: everything observed in one run, appended line by line, chained by hashes, sealed at the end.

::

    with Recorder.open("run/record.jsonl", clock) as recorder:
        recorder.note("header", format=1, seed=0)
        seq = recorder.note("exchange", role="reference_meter", op="query", tx="*IDN?", rx="YOKOGAWA,WT310E")
        recorder.seal({"AUT-01": "pass"})

    verify_chain("run/record.jsonl")     # [] or a sentence per fault
    read_record("run/record.jsonl").entries[seq]["rx"]

Verdicts and reports are computed from a record and can be computed again by somebody else. ``form`` says what a
line looks like.
"""

from __future__ import annotations

from wattest.record.chain import Fault, verify_chain
from wattest.record.evidence import keep, missing_evidence
from wattest.record.form import FORMAT
from wattest.record.reader import Record, read_entries, read_record
from wattest.record.recorder import Recorder

__all__ = [
    "FORMAT",
    "Fault",
    "Record",
    "Recorder",
    "keep",
    "missing_evidence",
    "read_entries",
    "read_record",
    "verify_chain",
]
