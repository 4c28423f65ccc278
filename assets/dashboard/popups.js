// What opens under a button closes when something else is touched, and on Escape, which leads back to the button.
{
  const opened = () => document.querySelectorAll("details.opening[open]");

  // Whatever the place of its button, all of it is on the screen.
  const EDGE = 8;
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.matches?.("details.opening[open]")) return;
      const popup = target.querySelector(".popup");
      popup.style.translate = "";
      const { left, right } = popup.getBoundingClientRect();
      const over = Math.max(0, right + EDGE - document.documentElement.clientWidth);
      popup.style.translate = `${Math.max(-over, EDGE - left)}px 0`;
    },
    true, // it does not bubble
  );

  document.addEventListener("click", (event) => {
    for (const each of opened())
      if (!each.contains(event.target) || event.target.closest(".item")) each.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const each of opened()) if (!each.contains(event.target)) each.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const each of opened()) {
      each.open = false;
      each.querySelector("summary").focus();
    }
  });
}
