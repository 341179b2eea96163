// Tells under a box how much room is left. The words come translated from the page and stand
// before the numbers, so that no language needs its plural forms here.

const QUIET_MILLISECONDS = 900; // a screen reader hears the count when typing pauses

const MOST_STRAY_LETTERS = 3;

export function countWhileTyping({ partsOf }) {
  const show = (counter) => {
    const box = document.getElementById(counter.dataset.for);
    if (!box) return;
    if (counter.dataset.counts === "characters") showCharacters(counter, box.value);
    else if (partsOf) showParts(counter, partsOf(box.value));
  };
  const showAll = (root) => {
    for (const counter of root.querySelectorAll("[data-counts]")) {
      counter.setAttribute("aria-live", "polite");
      show(counter);
    }
  };
  let waiting;
  document.addEventListener("input", (event) => {
    const id = event.target.id;
    const counter = id && document.querySelector(`[data-counts][data-for="${CSS.escape(id)}"]`);
    if (!counter) return;
    clearTimeout(waiting);
    counter.setAttribute("aria-live", "off");
    show(counter);
    waiting = setTimeout(() => {
      counter.setAttribute("aria-live", "polite");
      show(counter);
    }, QUIET_MILLISECONDS);
  });
  document.addEventListener("htmx:load", (event) => showAll(event.target));
  showAll(document);
}

function showCharacters(counter, text) {
  const { limit, left, over } = counter.dataset;
  // Counted as the server does: by code point, line ends as one.
  const room = Number(limit) - Array.from(text.replace(/\r\n/g, "\n")).length;
  write(counter, [room < 0 ? over : left, Math.abs(room)]);
  counter.classList.toggle("govuk-error-message", room < 0);
}

function showParts(counter, { parts, left, wide }) {
  const words = counter.dataset;
  // A text wholly in another script needs no list of its letters; a stray one is worth finding.
  const because = wide.length && wide.length <= MOST_STRAY_LETTERS ? [" · " + words.wide, wide.join(" ")] : [];
  write(counter, [words.parts, parts, " · " + words.left, left, ...because]);
}

function write(counter, pieces) {
  const nodes = pieces.map((piece, index) => {
    if (index % 2 === 0) return document.createTextNode(piece + " ");
    const number = document.createElement("strong");
    number.textContent = piece;
    return number;
  });
  counter.replaceChildren(...nodes);
}
