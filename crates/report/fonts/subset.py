"""Cuts Inter down to what charts need. `python subset.py INTER.otf OUT.otf`, with fonttools.

Digits become the tabular ones, so that columns of numbers align and other fonts, whose digits mostly have one width, can
stand in.
"""

import sys

from fontTools import subset
from fontTools.ttLib import TTFont

CHARACTERS = (
    "U+0020-007E,U+00A0-017F,U+0192,U+01A0-01A1,U+01AF-01B0,U+0218-021B,U+02C6-02DD,U+0300-0304,U+0308,U+030C,U+0323,"
    "U+0370-03FF,U+0400-045F,U+0490-0491,U+1E00-1EFF,U+2002-200A,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,"
    "U+2030,U+2032-2033,U+2039-203A,U+2044,U+2070-208E,U+20AC,U+2122,U+2190-2193,U+2202,U+2206,U+2211-2212,U+221A,"
    "U+221E,U+2248,U+2260,U+2264-2265,U+25CF,U+FFFD"
)

source, target = sys.argv[1:]
font = TTFont(source)
table = font["GSUB"].table
tabular = {}
for record in table.FeatureList.FeatureRecord:
    if record.FeatureTag == "tnum":
        for index in record.Feature.LookupListIndex:
            for rule in table.LookupList.Lookup[index].SubTable:
                tabular.update(getattr(rule, "ExtSubTable", rule).mapping)
for cmap in font["cmap"].tables:
    for code in range(ord("0"), ord("9") + 1):
        if code in cmap.cmap:
            cmap.cmap[code] = tabular.get(cmap.cmap[code], cmap.cmap[code])

options = subset.Options()
options.layout_features = []
options.hinting = False
options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
cut = subset.Subsetter(options)
cut.populate(unicodes=subset.parse_unicodes(CHARACTERS.replace("U+", "")))
cut.subset(font)
font.save(target)
