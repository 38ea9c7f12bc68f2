"""Ways in and out: each folder is one channel, which carries bytes and knows nothing of forms. Copy `loopback`."""
