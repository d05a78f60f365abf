"""The articles of the procedure by regime, and the numbers of forms that are known: what papers cite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PublicRegime = Literal["public", "public_2022", "public_2017"]


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """Articles of one regime. A form whose number is not known is empty, and no paper names it."""

    proposal: str
    disqualified: str
    tests: str
    accepted: str
    rejected: str
    contract: str
    existing: str
    fee: str
    terminate: str
    security: str
    accepted_form: str = ""
    application_form: str = ""
    rejected_form: str = ""


PROCEDURES: dict[PublicRegime, Procedure] = {
    "public": Procedure(
        proposal="法第112条第1項",
        disqualified="法第113条",
        tests="法第114条第1項",
        accepted="法第114条第2項",
        rejected="法第114条第3項",
        contract="法第115条",
        existing="法第118条",
        fee="法第119条",
        terminate="法第120条",
        security="法第121条",
        accepted_form="様式第九",
        application_form="様式第十",
        rejected_form="様式第十一",
    ),
    "public_2022": Procedure(
        proposal="法第110条第1項",
        disqualified="法第111条",
        tests="法第112条第1項",
        accepted="法第112条第2項",
        rejected="法第112条第3項",
        contract="法第113条",
        existing="法第116条",
        fee="法第117条",
        terminate="法第118条",
        security="法第119条",
    ),
    "public_2017": Procedure(
        proposal="法第44条の5第1項",
        disqualified="法第44条の6",
        tests="法第44条の7第1項",
        accepted="法第44条の7第2項",
        rejected="法第44条の7第3項",
        contract="法第44条の9",
        existing="法第44条の12",
        fee="法第44条の13",
        terminate="法第44条の14",
        security="法第44条の15",
    ),
}
