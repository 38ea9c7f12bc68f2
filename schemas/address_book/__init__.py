"""The address book of the bureaux as a file: its schema, and reading it.

- `xsd/address-book.xsd`  the shape of one issue, documented element by element
- `reading`               from a signed file to `gateway.addressbook.book.Book`; nothing is believed before the signature holds
"""
