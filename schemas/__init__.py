"""Ground floor: what things are. Policy, hierarchies, code tables and register schemas; no Beam."""
