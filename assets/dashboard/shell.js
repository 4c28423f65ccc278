// The shell's own behaviour: colour scheme, current page, ages that tick, and the word that the manager is gone.
window.dash_clientside = window.dash_clientside || {};
{
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let choice = "auto";

  const shown = () => (choice === "auto" ? (system.matches ? "dark" : "light") : choice);

  system.addEventListener("change", () => {
    if (choice === "auto") window.dash_clientside.set_props("scheme", { data: shown() });
  });

  window.dash_clientside.shell = {
    applyScheme(chosen) {
      choice = chosen || "auto";
      try {
        localStorage.setItem("scheme-choice", JSON.stringify(choice));
      } catch {
        // Private windows may refuse; the choice then lasts as long as the page.
      }
      return [choice === "auto" ? undefined : choice, shown()];
    },

    markCurrentPage(pathname) {
      for (const link of document.querySelectorAll(".nav-link")) {
        if (link.pathname === pathname) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      return window.dash_clientside.no_update;
    },
  };

  // Nothing that a manager sends can say that it no longer answers. A page that is left cuts off what it has asked for.
  let goneSince = null;
  let left = false;
  window.addEventListener("pagehide", () => (left = true));
  window.addEventListener("pageshow", () => (left = false));
  window.hitrate.heard = (answered) => {
    const line = document.getElementById("unreached");
    if (!line || left) return;
    goneSince = answered ? null : (goneSince ?? Date.now() / 1000);
    const text = answered
      ? ""
      : `The manager is not answering since ${window.hitrate.words.clock(goneSince)}. What is shown is from before, and nothing can be changed until it is back.`;
    if (line.textContent !== text) line.textContent = text;
  };

  // "40 s ago" is true for a second only.
  const tick = () => {
    for (const age of document.querySelectorAll("[data-since]")) {
      const text = window.hitrate.words.ago(Date.now() / 1000 - Number(age.dataset.since));
      if (age.textContent !== text) age.textContent = text;
    }
  };
  setInterval(tick, 1000);
  new MutationObserver(tick).observe(document.documentElement, { childList: true, subtree: true });
}
