"""The yearly figures (実施状況): pure counts over ledgers of many bodies, sums that agree, pages of them."""
