// "Leave this page quickly": blank at once, and the page left is replaced, so that going back does
// not show it. Three presses of Escape do the same for those who cannot reach the link in time.

const PRESSES = 3;
const WITHIN_MILLISECONDS = 2000;

export function leaveQuickly() {
  const link = document.querySelector("[data-leave]");
  if (!link) return;
  const leave = (event) => {
    event?.preventDefault();
    document.title = "…";
    document.body.hidden = true;
    location.replace(link.href);
  };
  link.addEventListener("click", leave);
  let pressed = [];
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    pressed = [...pressed.filter((at) => event.timeStamp - at < WITHIN_MILLISECONDS), event.timeStamp];
    if (pressed.length >= PRESSES) leave();
  });
}
