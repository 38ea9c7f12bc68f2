"""Alert systems: the national parts of SIS and the central system behind them."""
