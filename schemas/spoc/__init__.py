"""What gateways say to each other about messages, in no family's name: the technical receipt `spoc/Receipt@1`; and what a
gateway signs about its own books and keeps, the statement `spoc/Statement@1`.

- `xsd/receipt.xsd`, `xsd/statement.xsd`   the schemas
- `receipts.py`       a receipt from what the gateway found (`compose`), and back (`read`)
- `statements.py`     the same for a statement
- `rules.py`          what must hold in a receipt beside the schema
- `sheets.py`, `sheet_rules.py`, `xsd/sheet.xsd`   the daily sheet of numbers and digests, `spoc/Sheet@1`
- `forms/`, `samples/`   the format and its example
"""

from gateway.findings import Finding

WITHDRAWN: dict[str, Finding] = {}
