// What opens under a button closes when something else is touched, and on Escape, which leads back to the button.
{
  const opened = () => document.querySelectorAll("details.opening[open]");

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
