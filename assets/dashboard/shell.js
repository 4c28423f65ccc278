// The shell's own behaviour: colour scheme, current page, ages that tick.
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
