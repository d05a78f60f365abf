"""What the commands of the register's life do: a state and a record to events, or a refusal on an article."""
