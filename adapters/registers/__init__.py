"""National registers: each folder asks one of them in the words of `gateway.subjects`. They share `contract.py`."""
