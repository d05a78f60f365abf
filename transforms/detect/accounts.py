"""Names that people bear at services and on computers: LINE: hanako_0412, /home/taro.sato, ~tsato/.

A word behind the name of a service is an account if it looks like one (letters with digits, _ or dots), or if
somebody calls it so. In a path, what stands behind Users or home is one, but for names that machines have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tokumei.transforms.detect.kinds import Kind

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
_USER = r"([A-Z0-9][A-Z0-9_.-]*)"
_FOLDER = (
    rf"(?:[A-Z]:[\\/¥]{{1,2}}|[\\/¥]{{2}}[A-Z0-9_.-]+[\\/¥]|(?:^|[^A-Z0-9_.-])[\\/¥])"
    rf"(?:USERS|HOME|USERS?HOME|DOCUMENTS AND SETTINGS|PROFILES)[\\/¥]{{1,2}}{_USER}(?:[\\/¥]|$|[^A-Z0-9_.-])"
)
_TILDE = rf"(?:^|[^A-Z0-9~])~{_USER}/"
# What is called so on machines, and pages of applications (/home/index, /users/list).
_MACHINES = re.compile(
    r"(?:ALL|PUBLIC|DEFAULT|SHARED?|COMMON|USERS?|USER[0-9]+|APPS?|ADMIN(?:ISTRATOR)?|GUEST|ROOT|SYSTEM|SERVICE"
    r"|UBUNTU|DEBIAN|CENTOS|EC2-USER|AZUREUSER|VAGRANT|RUNNER|JENKINS|GITLAB|GIT|DOCKER|NODE|PI|WWW(?:-DATA)?"
    r"|TEST|DEMO|TMP|TEMP|LOGS?|DATA|WORK|DEV|ORACLE|POSTGRES|MYSQL|HADOOP|SPARK|BATCH|INDEX.*|LIST|LOGIN|LOGOUT"
    r"|NEW|EDIT|SEARCH|PROFILE|ME|SETTINGS|TOP|ABOUT|NEWS|[0-9]+)",
)


def accounts() -> tuple[Kind, ...]:
    """Return the kinds of account names that a word or a folder before them tells."""
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
