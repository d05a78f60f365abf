"""Where people live: real municipalities and towns whose postal code, prefecture and city agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.sampling import Weighted, zipf

# Prefecture, city, then towns with their postal codes; cities roughly by population, the largest first.
# Source: 日本郵便 郵便番号データ (free of copyright claims).
_TABLE = """
東京都 世田谷区 1560044赤堤 1580098上用賀 1540024三軒茶屋 1540016弦巻
神奈川県 横浜市港北区 2220037大倉山 2220026篠原町 2230063高田町 2220023仲手原
東京都 練馬区 1760005旭丘 1760002桜台 1790076土支田 1760021貫井
東京都 大田区 1460082池上 1450073北嶺町 1460081仲池上 1450074東嶺町
東京都 江戸川区 1320024一之江 1320034小松川 1340088西葛西 1330071東松本
東京都 足立区 1200015足立 1230862皿沼 1200043千住宮元町 1200004東綾瀬
埼玉県 川口市 3320031青木 3320014金山町 3330867芝東町 3340015鳩ヶ谷緑町
東京都 杉並区 1660004阿佐谷南 1670051荻窪 1680073下高井戸 1680065浜田山
東京都 板橋区 1740044相生町 1730023大山町 1740074東新町 1740062富士見町
千葉県 船橋市 2730041旭町 2740051車方町 2740069坪井西 2740824前原東
鹿児島県 鹿児島市 8900054荒田 8900065郡元 8920825大黒町 8900068東郡元町
東京都 八王子市 1920043暁町 1930801川口町 1920003丹木町 1920044富士見町
愛媛県 松山市 7900064愛光町 7911105北井門 7918002谷町 7992435府中
東京都 江東区 1350064青海 1360073北砂 1360075新砂 1350023平野
千葉県 松戸市 2702223秋山 2702213五香 2702262常盤平双葉町 2700027二ツ木
大阪府 東大阪市 5798048旭町 5780978北鴻池町 5770067高井田西 5798027東山町
兵庫県 西宮市 6620063相生町 6620823神呪町 6620002鷲林寺南町 6638015野間町
大分県 大分市 8700278青崎 8701167上宗方南 8701116高江中央 8701126判田台北
岡山県 倉敷市 7100064青江 7110922児島元浜町 7128007鶴の浦 7101306真備町有井
石川県 金沢市 9200907青草町 9201166上若松町 9201334平町 9201131東荒屋町
広島県 福山市 7210911青葉台 7200822川口町 7200013千田町千田 7200083久松台
兵庫県 尼崎市 6610981猪名寺 6610983口田中 6610003富松町 6600892東難波町
愛知県 豊田市 4710052逢妻町 4442314上小田町 4442524摺町 4442218林添町
富山県 富山市 9300075相生町 9300131呉羽昭和町 9398232南央町 9390532水橋市江新町
長崎県 長崎市 8500922相生町 8500006上西山町 8511125園田町 8510116東町
香川県 高松市 7600002茜町 7600076観光町 7600036城東町 7618063花ノ宮町
岐阜県 岐阜市 5008103藍川町 5008276加納南陽町 5020821太平町 5008074七軒町
宮崎県 宮崎市 8892162青島 8800024祇園 8800868瀬頭町 8800832稗原町
大阪府 枚方市 5730026朝日丘町 5731111楠葉朝日 5730127津田元町 5730023東田宮
長野県 長野市 3800918アークス 3800855岩石町 3812416信州新町弘崎 3812204真島町真島
和歌山県 和歌山市 6408273葵町 6410001杭ノ瀬 6408334茶屋町 6408255舟津町
奈良県 奈良市 6310053青垣台 6308352北風呂町 6301245大慈仙町 6308354馬場町
群馬県 高崎市 3700811相生町 3703336神戸町 3700006問屋町 3700834南町
滋賀県 大津市 5202101青山 5200472葛川貫井町 5200836杉浦町 5200112日吉台
福島県 いわき市 9708017石森 9718162小名浜花畑町 9708053平正月町 9790334久之浜町西
北海道 旭川市 0798401秋月１条 0788372旭神２条 0788363東光２３条 0718152東鷹栖２線
高知県 高知市 7800054相生町 7813114鏡敷ノ山 7800926大膳町 7810301春野町弘岡上
秋田県 秋田市 0100831旭川清澄町 0101436大住 0100871千秋中島町 0101432仁井田福島
沖縄県 那覇市 9010154赤嶺 9010146具志 9030806首里汀良町 9000036西
福岡県 久留米市 8390861合川町 8390852高良内町 8391203田主丸町秋成 8300012日ノ出町
青森県 青森市 0300846青葉 0300918けやき 0300911造道 0300919はまなす
岩手県 盛岡市 0200133青山 0200104小鳥沢 0200121月が丘 0200804東桜山
三重県 四日市市 5100044相生町 5100047北納屋町 5100022大協町 5100852浜旭町
福井県 福井市 9103614在田町 9103553蒲生町 9103557城有町 9188013花堂東
徳島県 徳島市 7700835藍場町 7793117国府町日開 7708005津田浜之町 7700822東出来島町
山形県 山形市 9900055相生町 9902414寿町 9900805檀野前 9902308東半郷
茨城県 水戸市 3100004青柳町 3114153河和田町 3100031大工町 3111113平戸町
新潟県 長岡市 9401112青木町 9402463川袋町 9540214中条新田 9400258半蔵金
佐賀県 佐賀市 8400812愛敬町 8400824呉服元町 8400005蓮池町蓮池 8400026本庄町正里
栃木県 小山市 3290211暁 3230056上泉 3230025城山町 3230027花垣町
山口県 下関市 7520902赤池町 7500325菊川町貴飯 7520944長府中六波町 7500071彦島海士郷町
島根県 松江市 6900261秋鹿町 6900121古志町 6900055津田町 6900861法吉町
山梨県 甲府市 4000858相生 4001506上向山町 4001502白井町 4000825七沢町
鳥取県 鳥取市 6800805相生町 6801202河原町布袋 6800073小西谷 6891113祢宜谷
北海道 函館市 0400044青柳町 0410831神山町 0420922銭亀町 0400005人見町
熊本県 八代市 8695152揚町 8660021郡築四番町 8660832末広町 8695147日奈久新開町
京都府 舞鶴市 6240942青井 6240804岸谷 6250026泉源寺 6240921東吉原
宮城県 石巻市 9860866茜平 9860013鹿妻本町 9860026大門町 9860874双葉町
静岡県 三島市 4110811青木 4110012笹原新田 4110833中 4110028富士ビレッジ
新潟県 佐渡市 9521537相川会津町 9520614犬神平 9521501下相川 9520512羽茂大橋
福岡県 田川市 8250001伊加利 8260023上本町 8250016新町 8260024西本町
高知県 室戸市 7817103浮津 7817106浮津三番町 7816833吉良川町丙 7816742羽根町乙
北海道 歌志内市 0730404歌神 0730401上歌 0730405神威 0730402東光
"""

# Fewer than 200 inhabitants, and in no draw below: whoever lives here was planted.
RARE_TOWN = {"郵便番号": "1001701", "住所": "東京都青ヶ島村無番地"}

# City sizes in Japan fall more slowly than 1/rank within the largest hundred.
_CITY_EXPONENT = 0.8


def _towns() -> tuple[list[str], list[str], list[float]]:
    lines = [line.split() for line in _TABLE.split("\n") if line]
    postal: list[str] = []
    names: list[str] = []
    weights: list[float] = []
    for (prefecture, city, *towns), size in zip(lines, zipf(len(lines), _CITY_EXPONENT), strict=True):
        for town, share in zip(towns, zipf(len(towns)), strict=True):
            postal.append(town[:7])
            names.append(f"{prefecture}{city}{town[7:]}")
            weights.append(size * share)
    return postal, names, weights


_POSTAL, _NAMES, _WEIGHTS = _towns()
_POSTAL_CODES = pl.Series(_POSTAL)
_TOWNS = pl.Series(_NAMES)
_DRAW = Weighted(_WEIGHTS)
_LOTS = pl.Series(
    [f"{block}-{lot}-{house}" for block in range(1, 6) for lot in range(1, 29) for house in range(1, 21)]
)


@dataclass(frozen=True)
class Homes:
    """Postal codes (7 digits, no hyphen) and full addresses, row by row."""

    postal: pl.Series
    address: pl.Series

    def at(self, rows: Ints) -> Homes:
        """Return the homes at the given positions, repeated as often as asked."""
        return Homes(self.postal.gather(rows), self.address.gather(rows))


def homes(rng: np.random.Generator, size: int) -> Homes:
    """Draw `size` homes: a town by population, and a lot number in it."""
    towns = _DRAW.draw(rng, size)
    lots = _LOTS.gather(rng.integers(0, len(_LOTS), size, dtype=np.uint32))
    address = pl.select(pl.concat_str([_TOWNS.gather(towns), lots])).to_series()
    return Homes(_POSTAL_CODES.gather(towns), address)
