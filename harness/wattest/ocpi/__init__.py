"""What is published of a station by OCPI 2.2.1 and 2.3.0: locations with status, tariffs, session records.

Objects are plain mappings with ``Decimal`` numbers, built from documents and sessions by ``objects``, held against the
published field lists by ``validate``, and served read-only by ``portal``.
"""
