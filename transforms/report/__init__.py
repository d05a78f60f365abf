"""The report of a release, for the officers who answer for it: one section a module."""
