// Errors come into view and are read out; a form is sent once, however often the button is pressed.

export function takeFocus() {
  document.querySelector("[data-takes-focus]")?.focus();
}

const SECONDS_UNTIL_SENT_AGAIN = 3;

export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.isSent) {
      event.preventDefault();
      return;
    }
    form.dataset.isSent = "yes";
    // The first answer may be lost on the way; then pressing again must work.
    setTimeout(() => delete form.dataset.isSent, SECONDS_UNTIL_SENT_AGAIN * 1000);
  });
  // A page that comes back from the browser's memory must be usable again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.isSent;
  });
}
