"""Tables that share their people: joined by person, as a reader of the release joins them."""
