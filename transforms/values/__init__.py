"""How Japanese values are written and read: dates, addresses, phone numbers, postal codes. No Beam."""
