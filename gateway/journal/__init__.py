"""The audit record: `events` (the language), `entry` (one happening), `chain` (the proof that none was changed or
removed), `rows` (whether each message is what its entries say).
"""
