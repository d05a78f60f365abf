"""What leads to a person by how it looks: mail, telephone, addresses of devices, number plates, positions.

They are descriptions of 一号: the law's list of 個人識別符号 is closed. A shop has a telephone and a page
too; then the policy says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import plate_offices
from tokumei.transforms.detect.kinds import Kind
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.values.phones import phone_area

TELEPHONE = "telephone number"

UUID_FORM = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HOST = r"[A-Z0-9-]+(?:\.[A-Z0-9-]+)*\.[A-Z]{2,}"
_USER = r"[A-Z0-9._%+-]+"
# Written so that no program finds it: taro [at] example dot jp, taro アット example ドット jp.
_SAID = r"(?:アット(?:マ-ク)?|あっと(?:ま-く)?)"
_AT = rf"(?: ?[(\[{{<【] ?(?:AT|@|{_SAID}) ?[)\]}}>】] ?| AT |_AT_| ?(?:@|{_SAID}) ?)"
_DOT_SAID = r" ?[(\[{<【] ?(?:DOT|\.|ドット|どっと) ?[)\]}>】] ?| DOT | ?(?:ドット|どっと) ?"
_DOT = rf"(?:{_DOT_SAID}|_DOT_|。)"
_USER_SAID = rf"{_USER}(?:(?:{_DOT_SAID}){_USER})*"
_ENDS = r"(?:COM|NET|ORG|INFO|JP)"
_SIGNS = r"[★☆◎●■◆＊*#&!$^~|§¤]"
# Another sign for @ before what can be nothing but a host; and letter by letter.
_MARKED = (
    rf"[A-Z0-9._%+-]{{3,}} ?(?:{_SIGNS}|[(\[] ?(?:A|{_SIGNS}) ?[)\]]|{_SAID}|アト|-AT-| A T ) ?"
    rf"(?:[A-Z0-9-]+\.)+{_ENDS}(?:[^A-Z0-9.]|$)"
    rf"|{_USER} ?@ ?[A-Z0-9-]+(?:[,.][A-Z0-9-]+)*,{_ENDS}(?:[^A-Z0-9]|$)"
)
_APART = r"(?:[A-Z0-9._-] ){2,}(?:@|[(\[]? ?AT ?[)\]]?)(?: [A-Z0-9-])+(?: \.(?: [A-Z0-9-])+)+"
_PHONE_GAP = r"[\s.()|*=~〜-]{1,3}"
_PHONE = (
    rf"(?:^|[^0-9A-Z.+-])((?:\+[\s-]?81[\s()0-]{{0,4}}|\(?0)[0-9]{{1,4}}\)?{_PHONE_GAP}[0-9]{{1,4}}{_PHONE_GAP}[0-9]{{3,4}}"
    r"|\+[\s-]?81[1-9][0-9]{8,9}|0[5-9]0[1-9][0-9]{7})(?:$|[^0-9A-Z-])"
)
# The first 0 of a mobile number is lost in spreadsheets.
_CALLED_PHONE = r"(?:TEL|電話|携帯)(?:番号)?[ :は=・]{0,3}([5-9]0-?[1-9][0-9]{3}-?[0-9]{4})(?:[^0-9-]|$)"
_ALL_DIGITS = re.compile(r"0[0-9]{9,10}")
# Where people have accounts, as shadows write it: every long vowel is a hyphen.
SERVICES = (
    "LINE|ライン|らいん|INSTA(?:GRAM)?|インスタ(?:グラム)?|いんすた(?:ぐらむ)?|TWITTER|ツイッタ-?|ついった-?|FACEBOOK"
    "|フェイスブック|TIKTOK|ティックトック|DISCORD|ディスコ-ド|SKYPE|スカイプ|THREADS|スレッズ|MIXI|ミクシィ"
    "|KAKAO(?:TALK)?|カカオ(?:ト-ク)?|WECHAT|ウィ-チャット|微信|WHATSAPP|ワッツアップ|TELEGRAM|テレグラム"
    "|SNAPCHAT|スナップチャット|BLUESKY|ブル-スカイ|MASTODON|BEREAL|LINKEDIN|YOUTUBE|ユ-チュ-ブ"
)
_CALLED = "ID|アカウント|垢"
_NAMED = (
    rf"(?:{SERVICES}|(?:^|[^A-Z0-9])(?:X|IG|FB|ZOOM|PAYPAY)) ?の?(?:{_CALLED})"
    r"[^A-Z0-9。]{0,4}[A-Z0-9_.-]{4,}"
)
_HANDLE = r"([A-Z0-9][A-Z0-9_.]{2,}(?:[A-Z0-9_]|#[0-9]{4}))"
_JOINT = (
    rf"(?:[)」] ?)?の?(?:{_CALLED}|ユ-ザ-名?|名前?|号|登録名)?(?:[ :=はが→⇒>「(/]{{1,3}}|-> ?)(?:LIVE:)?@?"
)
_BEHIND = rf"(?:^|[^A-Zァ-ヺ-])(?:{SERVICES}){_JOINT}{_HANDLE}"
_BEFORE = rf"{_HANDLE} ?[(](?:{SERVICES})(?: ?(?:{_CALLED}))?[)]"
_SHORT = rf"(?:^|[^A-Z0-9])(?:IG|FB) ?[:は] ?@?{_HANDLE}"
_LOOKS = re.compile(r"(?=.*[0-9_#]|.+\..)(?:.*_|(?:[^A-Z]*[A-Z]){3})")
_WORD = re.compile(
    r"(?:VER|VERSION|IOS|IPHONE|IPAD|ANDROID|WINDOWS|PHASE|PLAN|STEP|TYPE|MODEL|CASE|GROUP|STAMP|COUPON|CODE|ROOM)"
    r"[0-9._]*|.*\.(?:JPE?G|PNG|GIF|PDF|CSV|XLSX?|DOCX?|TXT|HTML?|MP4|COM|JP|NET|ORG|ME)"
)
_WHOSE = r"([A-Z0-9][A-Z0-9_.-]*)"
_FOLDER = (
    rf"(?:[A-Z]:[\\/¥]{{1,2}}|[\\/¥]{{2}}[A-Z0-9_.-]+[\\/¥]|(?:^|[^A-Z0-9_.-])[\\/¥])"
    rf"(?:USERS|HOME|DOCUMENTS AND SETTINGS|PROFILES)[\\/¥]{{1,2}}{_WHOSE}(?:[\\/¥]|$|[^A-Z0-9_.-])"
)
_TILDE = rf"(?:^|[^A-Z0-9~])~{_WHOSE}/"
# What is called so on machines, and pages of applications (/home/index, /users/list).
_MACHINES = re.compile(
    r"(?:ALL|PUBLIC|DEFAULT|SHARED?|COMMON|USERS?|USER[0-9]+|APPS?|ADMIN(?:ISTRATOR)?|GUEST|ROOT|SYSTEM|SERVICE"
    r"|UBUNTU|DEBIAN|CENTOS|EC2-USER|AZUREUSER|VAGRANT|RUNNER|JENKINS|GITLAB|GIT|DOCKER|NODE|PI|WWW(?:-DATA)?"
    r"|TEST|DEMO|TMP|TEMP|LOGS?|DATA|WORK|DEV|ORACLE|POSTGRES|MYSQL|HADOOP|SPARK|BATCH|INDEX.*|LIST|LOGIN|LOGOUT"
    r"|NEW|EDIT|SEARCH|PROFILE|ME|SETTINGS|TOP|ABOUT|NEWS|[0-9]+)",
)
# Lines of a passport (P<JPNSATO<<TARO<<<<, TR12345670JPN5001151M3001012): ICAO Doc 9303.
_MRZ = (
    r"(?:^|[^A-Z0-9])[PIACV][A-Z<][A-Z]{3}[A-Z]+(?:<[A-Z]+)*<<[A-Z]+<"
    r"|(?:^|[^A-Z0-9])[A-Z0-9<]{9}[0-9][A-Z]{3}[0-9]{7}[MFX<][0-9]{7}"
)
_POSITION = r"(?:^|[^0-9.])([234][0-9]\.[0-9]{4,}[^0-9.-]{1,12}1[2345][0-9]\.[0-9]{4,})"
_LATITUDES, _LONGITUDES = (20.0, 46.5), (122.0, 154.5)  # of Japan, its islands included


def _telephones(texts: Sequence[str]) -> list[bool]:
    usual = [re.sub(r"[|*=~〜]", "-", text) for text in texts]
    valid: list[bool] = phone_area(pa.array(usual, pa.string())).is_valid().to_pylist()
    return valid


def _positions(texts: Sequence[str]) -> list[bool]:
    pairs = [map(float, re.findall(r"[0-9]+\.[0-9]+", text)) for text in texts]
    (south, north), (west, east) = _LATITUDES, _LONGITUDES
    return [south <= latitude <= north and west <= longitude <= east for latitude, longitude in pairs]


def _with_letters(texts: Sequence[str]) -> list[bool]:
    return [re.fullmatch(r"[0-9:-]+", text) is None for text in texts]  # 26-03-31-12-30-00 is a time


def _accounts() -> tuple[Kind, ...]:
    """Return the kinds of account names that a word or a folder before them tells.

    A word beside the name of a service is an account if it looks like one (letters with digits, _ or dots),
    or if somebody calls it so; in a path, what stands behind Users or home, but for names of machines.
    """
    name, title = "account name", "SNS等のアカウント"
    return (
        Kind(name, title, _NAMED),
        *(Kind(name, title, pattern, _are_accounts) for pattern in (_BEHIND, _BEFORE, _SHORT)),
        *(
            Kind("user name in a path", "パスの利用者名", pattern, _are_users)
            for pattern in (_FOLDER, _TILDE)
        ),
    )


def _are_accounts(texts: Sequence[str]) -> list[bool]:
    return [_LOOKS.match(text) is not None and _WORD.fullmatch(text) is None for text in texts]


def _are_users(texts: Sequence[str]) -> list[bool]:
    return [_MACHINES.fullmatch(text.rstrip(".")) is None for text in texts]


@cache
def contacts() -> tuple[Kind, ...]:
    """Return the kinds that are known by how they look."""
    offices = "|".join(spelled(pa.array(plate_offices())))
    return (
        Kind(
            "e-mail address",
            "電子メールアドレス",
            rf"{_USER_SAID} ?(?:@|[(\[{{<【] ?(?:AT|@|{_SAID}) ?[)\]}}>】]) ?{_HOST}"
            rf"|{_USER_SAID}{_AT}[A-Z0-9-]+(?:{_DOT}[A-Z0-9-]+)+|{_MARKED}|{_APART}",
        ),
        Kind(TELEPHONE, "電話番号", _PHONE, _telephones),
        Kind(TELEPHONE, "電話番号", _CALLED_PHONE),
        Kind("web address", "URL", rf"(?:HTTPS?|FTP)://{_HOST}|(?:^|[^A-Z0-9.@-])WWW\.{_HOST}"),
        Kind("account name", "SNS等のアカウント", r"(?:^|[\s(「、。:/])@[A-Z0-9_][A-Z0-9_.]{3,}"),
        *_accounts(),
        Kind("IP address", "IPアドレス", rf"(?:^|[^0-9.A-Z])(?:{_OCTET}\.){{3}}{_OCTET}(?:$|[^0-9.])"),
        Kind(
            "IP address",
            "IPアドレス",
            r"(?:^|[^0-9A-F:]|[^0-9A-F:]:)(?:[0-9A-F]{1,4}:){7}[0-9A-F]{1,4}(?:$|[^0-9A-F:])",
        ),
        Kind(
            "MAC address",
            "MACアドレス",
            r"(?:^|[^0-9A-F:-]|[^0-9A-F:-][:-])([0-9A-F]{2}(?:(?::[0-9A-F]{2}){5}|(?:-[0-9A-F]{2}){5}))(?:$|[^0-9A-F:-])",
            _with_letters,
        ),
        Kind(
            "UUID",
            "UUID（広告識別子など）",
            rf"(?:^|[^0-9A-F]){UUID_FORM}(?:$|[^0-9A-F])",
        ),
        Kind(
            "number plate",
            "自動車の登録番号",
            rf"(?:{offices}) ?[0-9]{{1,2}}[0-9A-Z]? ?[ぁ-んA-Z] ?[0-9・.]{{1,2}}-?[0-9]{{2}}(?:$|[^0-9-])",
        ),
        Kind("machine-readable zone", "旅券等の機械読取部分", _MRZ),
        Kind("position", "緯度・経度", _POSITION, _positions),
    )


def is_telephone(number: str) -> bool:
    """Return whether digits, with hyphens or without, are a telephone number in use."""
    digits = number.replace("-", "")
    return _ALL_DIGITS.fullmatch(digits) is not None and phone_area(pa.array([digits])).null_count == 0


@cache
def any_contact() -> str:
    """Return how a shadow with any of them reads: one look tells it from all others."""
    return "|".join(f"(?:{kind.pattern})" for kind in contacts())


def without_uuids(shadows: pl.Series) -> pl.Series:
    """Return shadows with a sign for each UUID, whose last twelve digits are no number."""
    return shadows.str.replace_all(UUID_FORM, "#")
