"""Attacks on what would be released (攻撃による評価), measured inside the job, before anything is published.

An attacker is given what a policy says that somebody may know, and the data as they would be released. How
often the attacker is right is compared with what the same attack reaches against people whom the release does
not tell of, and with guessing. The law forbids to match a finished product with other data (法43条5項・121条
1項); this is done while it is made, with nothing but the file that it is made from.

**People held out.** An attack that is right says nothing by itself: most people of a neighbourhood own a
car, whoever is in the file. So each is also made against people who were held out. Nobody is left out of the
release for that: head counts, classes and promises are exact, and a release without one in a hundred of its
people would be another release. Instead they are held out of what is attacked:

- Where an attack looks at classes, everybody is held out in turn: the guess about a person is made from the
  class without that person. That is exact, and no sample is drawn (`classes`).
- Where targets are drawn, a keyed one in a hundred of the people are treated by the very decisions of the
  run, and the attacker gets the release without their records (`people`). The attacker then looks for those
  who are there, and for those who are not.

What was decided for the whole file (levels, bounds) was decided with them in it: both ways measure what the
records of a person tell, not what the choice of a level tells. That is said in the report.

Targets, and whether an attack on one of them was right, never leave the workers: what is told are sums.
"""
