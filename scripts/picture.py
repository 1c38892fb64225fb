#!/usr/bin/env python3
"""Turns a screen that `tmux capture-pane -e -p` wrote into an SVG: picture.py TITLE COLUMNS <screen >picture.svg."""

import html
import re
import sys
import unicodedata

CELL, LINE, SIZE, MARGIN, BAR = 8.4, 19, 14, 16, 34
COLOURS = {30: "#484f58", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea", 37: "#d0d7de"}
TEXT, BACKGROUND, DIM = "#d0d7de", "#0d1117", "#8b949e"


def width(character):
    """The columns that a terminal gives a character."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def runs(lines):
    """The runs of one style: row, column, text, columns, colour, bold, reverse. A style goes on in the next line."""
    colour, bold, reverse = TEXT, False, False
    for row, line in enumerate(lines):
        column = 0
        for codes, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
            if text:
                columns = sum(map(width, text))
                yield row, column, text, columns, colour, bold, reverse
                column += columns
                continue
            # A colour of the palette, written in its longer form.
            for code in [int(c or 0) for c in re.sub(r"38;5;([0-7])\b", r"3\1", codes).split(";")]:
                if code == 0:
                    colour, bold, reverse = TEXT, False, False
                elif code == 1:
                    bold = True
                elif code == 2:
                    colour = DIM
                elif code in (7, 27):
                    reverse = code == 7
                elif code == 22:
                    bold = False
                elif code == 39:
                    colour = TEXT
                elif code in COLOURS or code - 60 in COLOURS:
                    colour = COLOURS.get(code) or COLOURS[code - 60]


def main():
    title, columns = sys.argv[1], int(sys.argv[2])
    lines = sys.stdin.read().rstrip("\n").split("\n")
    across, down = MARGIN * 2 + columns * CELL, BAR + MARGIN * 1.5 + len(lines) * LINE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {down:.0f}" width="{across:.0f}" height="{down:.0f}"'
        f' font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="{SIZE}">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        *(f'<circle cx="{20 + 18 * n}" cy="18" r="6" fill="{c}"/>' for n, c in enumerate(("#ff5f57", "#febc2e", "#28c840"))),
        f'<text x="50%" y="23" text-anchor="middle" fill="{DIM}">{html.escape(title)}</text>',
    ]
    for row, column, text, taken, colour, bold, reverse in runs(lines):
        x, y = MARGIN + column * CELL, BAR + MARGIN + row * LINE
        if reverse:
            out.append(f'<rect x="{x:.1f}" y="{y - 14}" width="{taken * CELL:.1f}" height="{LINE}" fill="{colour}"/>')
            colour = BACKGROUND
        # Words are placed one by one, so that a font of another width does not move the columns.
        for word in re.finditer(r"\S+(?: \S+)*", text):
            start = x + sum(map(width, text[: word.start()])) * CELL
            length = sum(map(width, word[0])) * CELL
            weight = ' font-weight="bold"' if bold else ""
            out.append(
                f'<text x="{start:.1f}" y="{y}" fill="{colour}"{weight} textLength="{length:.1f}"'
                f' lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(word[0])}</text>'
            )
    print("\n".join([*out, "</svg>"]))


main()
