"""Ways in and out: each folder is one channel that carries bytes and knows nothing of forms. Newcomers copy `loopback`."""
