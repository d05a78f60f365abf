"""How the files of a ledger are named, for who tells them from others without reading a ledger."""

NOTE_NAME = "reached.txt"
SEGMENT_NAME = r"(\d{8})-events\.avro"
KEPT_NAME = r"[0-9a-f]{32}\.json|key-\d{4}"
