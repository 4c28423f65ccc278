// Single keys for those who like them: not while typing, not with a modifier, and only while the switch in `?` is on.
{
  const { address } = window.hitrate;
  const allowed = () => document.getElementById("statistics-keys-on")?.checked ?? true;
  const typing = (element) => element.closest("input:not([readonly]), textarea, select, [contenteditable], [role=dialog]") !== null;
  const focus = (id) => document.getElementById(id)?.focus();

  const KEYS = {
    t: () => focus("statistics-preset"),
    r: () => address.refresh(),
    "/": () => focus("statistics-instance"),
    "?": () => window.dash_clientside.set_props("statistics-keys", { opened: true }),
    "[": () => address.shift(-0.5),
    "]": () => address.shift(0.5),
  };
  const ARROWS = { ArrowLeft: () => address.shift(-0.5), ArrowRight: () => address.shift(0.5) };

  document.addEventListener("keydown", (event) => {
    if (!address.onPage() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.classList?.contains("chart-frame") && ARROWS[event.key]) {
      event.preventDefault();
      ARROWS[event.key]();
      return;
    }
    if (!KEYS[event.key] || !allowed() || typing(event.target)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
