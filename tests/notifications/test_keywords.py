"""What an answer by SMS is taken for. A wrong "safe" may cost a life: doubt goes to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.keywords import Keyword, read_keyword

HELP = [
    "help", "HELP!", "Help me please", "sos", "S.O.S.", "heeeelp", "HELPPPP", "2", "2.", " 2 ",
    "２", "2 please", "we need help, my son is hurt", "trapped under the stairs", "emergency",
    "I am unsafe", "danger",
    "aide", "AIDEZ-MOI", "à l'aide", "À l’aide !", "j'ai besoin d'aide", "au secours", "blessé",
    "Je suis bloquée", "urgence",
    "ayuda", "¡Ayuda!", "ayúdame por favor", "auxilio", "socorro", "herido", "estoy en peligro",
    "مساعدة", "أحتاج مساعدة", "بحاجة إلى المساعدة", "ساعدوني", "النجدة", "مُسَاعَدَة", "٢", "أنا محاصر",
    "انقذونا", "مســـاعدة",
]  # fmt: skip
SAFE = [
    "safe", "Safe.", "SAFEEE", "I am safe", "we are all safe", "I'm ok", "im fine", "1", "1!",
    "ok we are at home", "all good here",
    "je suis en sécurité", "sain et sauf", "je vais bien", "nous sommes à l’abri", "oui ça va",
    "estoy bien", "a salvo", "seguro en casa", "estamos seguros",
    "أنا بخير", "بخير", "آمن", "امن", "أنا بأمان", "بِخَيْرٍ", "سالمين بخير", "الحمد لله بخير", "١",
]  # fmt: skip
NOT_SAFE = [
    "not safe", "I am NOT safe", "no safe place", "don't feel safe", "Don’t feel safe",
    "we are not ok", "nobody is safe",
    "pas en sécurité", "je ne suis pas en sécurité", "je ne vais pas bien", "n'est pas sauf",
    "no estoy bien", "no estoy a salvo", "nunca seguro",
    "لست بخير", "أنا لست بأمان", "مش بخير", "ما بخير", "غير آمن", "ليس آمنا وبدون أمان",
]  # fmt: skip
BOTH = [
    "safe but need help", "I am safe, my mother needs help", "help, not safe", "1 2 help",
    "je vais bien mais aidez ma mère", "estoy bien, pero necesito ayuda", "بخير لكن أحتاج مساعدة",
    "STOP help", "help stop",
]  # fmt: skip
STOP = [
    "stop",
    "STOP",
    "Stop!",
    "arrêt",
    "ARRÊTER",
    "baja",
    "alto",
    "توقف",
    "إيقاف",
    "قف",
    "stop it",
]
FOR_A_PERSON = [
    # A question is nobody's word that they are safe.
    "is it safe?", "Is it safe to go home", "safe?", "est-ce sûr et sauf ?", "¿es seguro?",
    "هل الطريق آمن", "الطريق آمن؟", "can we go home, is it safe",
    # "Ok" may only mean "I have read it".
    "ok", "OK", "okay thanks", "bueno", "oui", "good", "تمام",
    # Long texts say more than a keyword can.
    "I am at my sister's place in the mountains with the children and we are safe",
    "je suis chez ma soeur à la montagne avec les enfants et tout va bien",
    # Everything else.
    "", " ", "???", "?", "12", "3", "21", "who is this", "call me",
    "merci", "gracias", "شكرا", "🙏", "👍",
    "\u200f", "1 or 2", "stop sending me so many of these messages", "safely", "helpless?",
]  # fmt: skip


@pytest.mark.parametrize("text", HELP)
def test_a_cry_for_help_is_heard(text: str) -> None:
    assert read_keyword(text) is Keyword.HELP


@pytest.mark.parametrize("text", SAFE)
def test_safe_is_safe(text: str) -> None:
    assert read_keyword(text) is Keyword.SAFE


@pytest.mark.parametrize("text", NOT_SAFE)
def test_not_safe_asks_for_help(text: str) -> None:
    assert read_keyword(text) is Keyword.HELP


@pytest.mark.parametrize("text", BOTH)
def test_help_beats_everything_else(text: str) -> None:
    assert read_keyword(text) is Keyword.HELP


@pytest.mark.parametrize("text", STOP)
def test_stop_is_stop(text: str) -> None:
    assert read_keyword(text) is Keyword.STOP


@pytest.mark.parametrize("text", FOR_A_PERSON)
def test_what_is_not_plain_is_read_by_a_person(text: str) -> None:
    assert read_keyword(text) is Keyword.UNKNOWN


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_words_around_it_drown_a_cry_for_help(before: str, after: str) -> None:
    assert read_keyword(f"{before} HELP {after}") is Keyword.HELP


@given(st.sampled_from(["not", "pas", "no", "لست", "don't"]), st.sampled_from(SAFE))
def test_a_not_is_never_safe(no: str, safe: str) -> None:
    assert read_keyword(f"{no} {safe}") is not Keyword.SAFE


@given(st.text())
def test_any_text_is_understood_somehow(text: str) -> None:
    assert read_keyword(text) in Keyword


@pytest.mark.parametrize(
    "text",
    [
        *("HOME", "home.", "gone home", "I went home", "back home", "Please, HOME"),
        *("rentré", "Je suis rentrée", "MAISON", "regresé", "CASA", "he regresado a casa"),
        *("رجعت", "عدت", "رجعت إلى بلدي"),
    ],
)
def test_home_is_home(text: str) -> None:
    assert read_keyword(text) is Keyword.HOME


@pytest.mark.parametrize(
    "text",
    [
        *("moved Tripoli", "MOVED to Zahle near the station", "déménagé à Lyon", "mudado a Cádiz"),
        *("انتقلت إلى طرابلس", "staying at home", "chez moi à la maison", "moved home"),
    ],
)
def test_who_moved_is_read_by_a_person(text: str) -> None:
    assert read_keyword(text) is Keyword.MOVED


@pytest.mark.parametrize("text", ["HERE", "still here", "ici", "je suis là", "aquí", "هنا"])
def test_here_is_here(text: str) -> None:
    assert read_keyword(text) is Keyword.HERE


@pytest.mark.parametrize("text", ["not home", "can I go home?", "pas rentré", "when do we go home"])
def test_who_is_not_home_is_not_taken_off(text: str) -> None:
    assert read_keyword(text) is not Keyword.HOME
