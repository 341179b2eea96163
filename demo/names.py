"""Made-up people: names put together by chance from common parts, in several scripts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Naming:
    """Given and family names that go together, and the language such a person reads first."""

    language: str
    given: tuple[str, ...]
    family: tuple[str, ...]


NAMINGS = (
    Naming(
        "ar",
        ("أمل", "سارة", "محمد", "يوسف", "ليلى", "خالد", "نور", "هدى", "عمر", "فاطمة", "رنا", "حسن"),
        ("حداد", "خوري", "الأحمد", "منصور", "ناصر", "سلامة", "الحسن", "عطية", "زيدان", "قاسم"),
    ),
    Naming(
        "fr",
        (
            "Amélie",
            "Jean-Luc",
            "Noémie",
            "Théo",
            "Inès",
            "Élodie",
            "Mathis",
            "Zoé",
            "Rémi",
            "Anaïs",
        ),
        ("Lefèvre", "N’Diaye", "Benoît", "d’Aubigné", "Chevalier", "Morel", "Garnier", "Dupré"),
    ),
    Naming(
        "es",
        ("María José", "Íñigo", "Lucía", "Joaquín", "Begoña", "Andrés", "Ximena", "Raúl", "Noelia"),
        ("Núñez Prado", "Ibáñez", "de la Cruz", "Peña Soto", "Quispe", "Zúñiga", "Ferrer"),
    ),
    Naming(
        "en",
        ("Grace", "Samuel", "Adaeze", "Liam", "Priya", "Wei", "Fiona", "Tunde", "Rosa", "Kofi"),
        ("O’Brien", "Okafor", "Mbeki", "Tan", "Fernandes", "Mensah", "Reyes", "Sharma", "Kowalski"),
    ),
    Naming(
        "en",
        ("Олена", "Дмитро", "Наталія", "Андрій", "Ірина", "Юрій", "Оксана"),
        ("Шевченко", "Коваленко", "Бондар", "Лисенко", "Марченко"),
    ),
    Naming("en", ("ሰላም", "አበበ", "ሃና", "ዳዊት"), ("ተስፋዬ", "ገብረ", "ከበደ", "ወልዴ")),
    Naming("en", ("प्रिया", "राम", "सीता", "अर्जुन"), ("थापा", "गुरुङ", "शर्मा", "राई")),
    Naming("en", ("伟", "芳", "静", "强"), ("王", "李", "陈", "欧阳")),
    Naming("en", ("Ελένη", "Νίκος", "Μαρία"), ("Παπαδόπουλος", "Οικονόμου", "Καραγιάννης")),
    # One name is all some people have.
    Naming("en", ("Sukarno", "Hartini", "Wayan", "Ketut"), ("",)),
)
