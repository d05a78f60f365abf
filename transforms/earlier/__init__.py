"""Releases over time (これまでの公表): what recipients hold of a file, and how a new release differs from it.

A release keeps, on the private side of the register, its levels, the people of its classes, and where the
policy asks for comparison a keyed hash of who stands in which class with which record. The hashes are no
対応表: they name no record of the release. But with their key they tell whether somebody was in it. So they
stay with the body as what it must keep safe (加工方法等情報, 規則35条), and never lie in a release.

Three things are compared with every earlier release:

- **The same levels.** Whoever matches the records of two releases, by any columns that both have, is left
  with those who came, those who left and those whose record changed. Of each class these must be nobody or k
  people, and its count must be the same or differ by k (`changes`). A class in which nobody changes tells
  nothing, however often it is seen.
- **Other levels.** Their levels are applied to today's records, so that people are the same there too
  (`elsewhere`). Whoever is in the classes of several releases is among the people of all of them alone: they
  must be k (`together`).
- **Sensitive values.** Of those that a person may have, the ones are left that all these classes hold.

Who came alone waits, and who left takes others along who come back later (`hold`). A leaver's record cannot
be kept: it is not in today's file. So as many others go with it that k people go at once, and who they are
is drawn by the key of the run.
"""
