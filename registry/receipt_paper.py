"""A receipt on paper: a small PDF with its own letters, in any of our scripts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align

from registry.portal_sheet import Row

_FONT = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"
_RIGHT_TO_LEFT = {"ar"}
_MARGIN, _LINE = 20, 6
# It would write down every letter that is used.
logging.getLogger("fontTools").setLevel(logging.WARNING)


def receipt_pdf(
    *, title: str, sentence: str, sentence_language: str, rows: Sequence[Row], language: str
) -> bytes:
    """Return the PDF of a receipt: the words that were answered, then label and value.

    language: of title and rows; sentence_language: of the words. The file names nobody.
    """
    paper = FPDF(format="A4")
    paper.set_margin(_MARGIN)
    paper.set_lang(language)
    paper.set_title(title)
    paper.add_font("letters", fname=_FONT)
    paper.add_page()
    _write(paper, title, language, size=20)
    paper.ln(_LINE)
    _write(paper, sentence, sentence_language, size=12)
    paper.ln(_LINE)
    for row in rows:
        _write(paper, str(row.label), language, size=9)
        is_code = row.direction == "ltr"
        side = Align.R if language in _RIGHT_TO_LEFT else Align.L
        _write(paper, str(row.value), "en" if is_code else language, size=12, align=side)
        paper.ln(2)
    return bytes(paper.output())


def _write(paper: FPDF, text: str, language: str, *, size: int, align: Align | None = None) -> None:
    is_rtl = language in _RIGHT_TO_LEFT
    paper.set_font("letters", size=size)
    paper.set_text_shaping(
        use_shaping_engine=True,
        direction="rtl" if is_rtl else "ltr",
        script="arab" if is_rtl else "latn",
        language=language,
    )
    paper.multi_cell(
        w=paper.epw,
        h=size * 0.55,
        text=text,
        align=align or (Align.R if is_rtl else Align.L),
        new_x="LMARGIN",
        new_y="NEXT",
    )
