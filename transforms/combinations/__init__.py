"""Rare combinations of values (特異な記述の組合せ): found over the whole file, by people, and removed."""
