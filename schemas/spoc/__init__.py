"""What gateways say to each other about messages, in no family's name: the technical receipt `spoc/Receipt@1`.

- `xsd/receipt.xsd`   the schema
- `receipts.py`       a receipt from what the gateway found (`compose`), and back (`read`)
- `rules.py`          what must hold in a receipt beside the schema
- `forms/`, `samples/`   the format and its example
"""

WITHDRAWN: dict[str, str] = {}
