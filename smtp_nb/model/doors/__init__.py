"""Public doors: what may be given to them."""
