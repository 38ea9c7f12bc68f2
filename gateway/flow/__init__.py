"""Whether messages flow: how much may wait before the doors take less, and who notices when something stands still.

- `marks`    watermarks: figures become levels
- `doors`    what the doors take at each level
- `gauges`   reads the figures: disk, queue, memory, published log
- `watch`    looks every few seconds, tells the doors, and writes each change down once
- `canary`   a test message of our own through each door
- `arrivals` what each office usually sends, and who has fallen silent
"""
