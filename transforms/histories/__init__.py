"""Histories (履歴): no few facts about a person single them out, over all lines and tables of a release."""
