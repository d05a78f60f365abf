"""What the sizes of equivalence classes say about people: re-identification risk and uniqueness.

Every kernel works on ``ClassSizes``, the histogram of class sizes (how many classes have how many people), so
that a hundred million people cost no more than a thousand. Classes are of people, and of released people:
suppressed records are no class. The measures are estimates under an attacker model; none of them, at any
value, says that nobody can be identified.
"""
