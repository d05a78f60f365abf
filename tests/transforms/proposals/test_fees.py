"""Fees to the yen, by regime."""

import pytest
from pydantic import ValidationError

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.fees import fees_of, state_fees
from tokumei.schemas.screening import FeeBasis
from tokumei.transforms.ledger.fold import Refused
from tokumei.transforms.proposals.fees import creation_fee, existing_fee, worked_hours


@pytest.mark.parametrize(
    ("regime", "hours", "more", "yen"),
    [
        ("public", "10.2", {}, 64_450),
        ("public", "0", {}, 21_000),
        ("public", "10", {}, 60_500),
        ("public", "10:01", {}, 64_450),
        ("public", "10:00", {}, 60_500),
        ("public", "0.000001", {}, 24_950),
        ("public_2022", "10.2", {"outsourcing": 300_001}, 364_451),
        ("public_2017", "10", {"third_parties": 3}, 61_130),
    ],
)
def test_a_creation_is_paid_by_the_hour_begun(regime, hours, more, yen):
    fee = creation_fee(state_fees()[regime], hours=worked_hours(hours), **more)
    assert fee.yen == yen == sum(line.yen for line in fee.lines)


def test_an_existing_product_costs_what_it_cost_and_less_who_has_a_contract():
    assert existing_fee(state_fees()["public"], made=64_450, repeat=False).yen == 64_450
    assert existing_fee(state_fees()["public"], made=None, repeat=True).yen == 12_600
    with pytest.raises(Refused, match="no case here has paid"):
        existing_fee(state_fees()["public"], made=None, repeat=False)
    with pytest.raises(Refused, match="not known for this regime"):  # what 2017 took is not known
        existing_fee(state_fees()["public_2017"], made=64_450, repeat=False)


def test_an_ordinance_is_a_table_alike():
    text = "regime,base,hour,third_party,repeat,basis\npublic,20000,4000,,10000,試験市手数料条例第5条\n"
    table = fees_of(text, "fees.csv")["public"]
    assert creation_fee(table, hours=worked_hours("1.5")).yen == 28_000 and "条例" in table.basis
    assert existing_fee(table, made=1, repeat=True).yen == 10_000
    for wrong in ("", "regime,base\npublic,1\n", text.replace("20000", "2万"), text.replace("20000", "-1")):
        with pytest.raises(PolicyError, match=r"fee\.table"):
            fees_of(wrong, "fees.csv")


def test_third_parties_are_heard_in_2017_alone():
    with pytest.raises(Refused, match="2017 alone"):
        creation_fee(state_fees()["public"], hours=worked_hours("1"), third_parties=1)


@pytest.mark.parametrize("text", ["", "ten", "-1", "1e3", "10:60", "１０", "1/3"])
def test_hours_are_written_one_way_or_the_other(text):
    with pytest.raises(ValidationError, match=r"hours are written"):
        FeeBasis(hours=text)
