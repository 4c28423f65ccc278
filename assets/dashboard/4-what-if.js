// The page What-if in the browser: its address, the point that is chosen, the policies that are coloured.
window.dash_clientside = window.dash_clientside || {};
{
  const DEFAULTS = { from: "now-1h", to: "now", instance: "all", show: "hit", target: "90" };
  const nothing = () => window.dash_clientside.no_update;
  const set = (name, props) => window.dash_clientside.set_props(`what-if-${name}`, props);
  const lit = new Set();

  // The state of the page is its address, without what is the default.
  const address = (view) => {
    if (!view || location.pathname !== "/what-if") return nothing();
    const said = Object.entries(view).filter(([name, value]) => value && value !== DEFAULTS[name]);
    const text = new URLSearchParams(said).toString();
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
    return nothing();
  };

  const pick = (clicked) => {
    const point = clicked?.points?.find((each) => typeof each.customdata === "string");
    return point ? point.customdata : nothing();
  };

  const light = (button) => {
    const { policy } = button.dataset;
    if (!lit.delete(policy)) lit.add(policy);
    button.setAttribute("aria-pressed", String(lit.has(policy)));
    set("lit", { data: [...lit] });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.point) set("chosen", { data: button.dataset.point });
    else if (button?.dataset.policy) light(button);
  });

  // Arrows move within the table, and Tab stops at one cell of it: the one where one last stood.
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.(".rate-cell");
    if (!cell || !STEPS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    const [down, right] = STEPS[event.key];
    const row = cell.closest("tr");
    const rows = [...row.parentElement.children];
    const next = rows[rows.indexOf(row) + down]?.children[[...row.children].indexOf(cell.closest("td")) + right];
    next?.querySelector(".rate-cell")?.focus();
    event.preventDefault();
  });

  let stood = null;
  document.addEventListener("focusin", ({ target }) => {
    const cell = target.closest(".rate-cell");
    stood = cell?.dataset.point;
    if (!cell) return;
    for (const each of cell.closest("table").querySelectorAll('.rate-cell[tabindex="0"]')) each.tabIndex = -1;
    cell.tabIndex = 0;
  });
  document.addEventListener("pointerdown", () => {
    stood = null;
  });

  // Each minute and each choice puts the table up anew, and a cell that is taken away takes the focus with it.
  const standAgain = () => {
    if (stood && document.activeElement === document.body)
      document.querySelector(`.rate-cell[data-point="${stood}"]`)?.focus({ preventScroll: true });
  };

  new MutationObserver(() => {
    standAgain();
    // A page that is put up anew begins without.
    if (lit.size && !document.querySelector(".what-if")) lit.clear();
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.dash_clientside.whatIf = { address, pick };
}
