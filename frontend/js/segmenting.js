// The SMS parts of a text, as notifications/segmenting.py cuts them; a test runs both on the same
// texts (tests/config/test_message_parts.py). This one only counts, for the eye while typing.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");
const REPLACEMENTS = [
  [/[\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02bc\u00b4`]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212\u2022]/g, "-"],
  [/[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  [/\u2026/g, "..."],
  [/\u2044/g, "/"],
  [/[\u00ad\u200b\u2060\ufeff]/g, ""],
];
const GSM = { alone: 160, joined: 153 };
const UCS2 = { alone: 70, joined: 67 };

/** @returns {{parts: number, left: number, wide: string[]}} `wide`: the letters GSM-7 lacks. */
export function partsOf(typed) {
  const text = typed.replace(/\r\n?/g, "\n");
  let plain = text;
  if (!isGsm(plain)) {
    plain = REPLACEMENTS.reduce((so_far, [these, by]) => so_far.replace(these, by), text.normalize("NFC"));
  }
  if (isGsm(plain)) {
    const widths = Array.from(plain, (character) => (EXTENDED.has(character) ? 2 : 1));
    return { ...cut(widths, GSM), wide: [] };
  }
  const wide = [...new Set(plain)].filter((c) => !BASIC.has(c) && !EXTENDED.has(c)).slice(0, 8);
  return { ...cut(clusterWidths(text), UCS2), wide };
}

function isGsm(text) {
  return Array.from(text).every((character) => BASIC.has(character) || EXTENDED.has(character));
}

function cut(widths, { alone, joined }) {
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total <= alone) return { parts: total ? 1 : 0, left: alone - total };
  let parts = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      parts += 1;
      used = 0;
    }
    used += width;
  }
  return { parts, left: joined - used };
}

/** Widths in UTF-16 units of each base with its combining marks, which are never cut apart. */
function clusterWidths(text) {
  const widths = [];
  for (const character of text) {
    const isJoined = /\p{M}|\u200d/u.test(character);
    const last = widths.length - 1;
    if (isJoined && last >= 0 && widths[last] + character.length <= UCS2.joined) {
      widths[last] += character.length;
    } else {
      widths.push(character.length);
    }
  }
  return widths;
}
