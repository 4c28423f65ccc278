// The page Configuration in the browser: the slider writes the number, links lead to a version of the history.
window.dash_clientside = window.dash_clientside || {};
window.dashMantineFunctions = window.dashMantineFunctions || {};
{
  const MEGABYTE = 1048576;
  const { waitsFor, words } = window.hitrate;
  const UNITS = { b: 1, kb: 1024, mb: MEGABYTE, gb: 1024 * MEGABYTE, tb: MEGABYTE * MEGABYTE };
  let watched = null;

  // The last step that is not above a capacity as people write it; null where it is no number.
  const nearestStep = (text, steps) => {
    const found = /^\s*([\d.,]+)\s*([kmgt]?b)?\s*$/i.exec(text || "");
    const bytes = found ? Number(found[1].replaceAll(",", "")) * UNITS[(found[2] || "mb").toLowerCase()] : NaN;
    if (Number.isNaN(bytes)) return null;
    return Math.max(0, steps.findLastIndex((step) => step * MEGABYTE <= bytes));
  };

  // Which button it was: its id. What merely came onto the page, or was drawn anew, was not pressed.
  const pressed = () => {
    const one = window.dash_clientside.callback_context.triggered.find((each) => each.value);
    const id = one?.prop_id.slice(0, one.prop_id.lastIndexOf("."));
    return id?.startsWith("{") ? JSON.parse(id) : id;
  };

  const wanted = () => (/^#v\d+$/.test(location.hash) ? location.hash.slice(1) : null);

  // The rows of a history are drawn a while after their data comes, and may be drawn anew, with classes of their own.
  const watch = (history) => {
    let shown = null;
    const point = () => {
      const row = wanted() && document.getElementById(wanted());
      if (!row || row.classList.contains("pointed-at")) return;
      history.querySelector(".pointed-at")?.classList.remove("pointed-at");
      row.classList.add("pointed-at");
      if (shown !== row.id) row.scrollIntoView({ block: "center" });
      shown = row.id;
    };
    new MutationObserver(point).observe(history, { childList: true, subtree: true, attributeFilter: ["class"] });
    point();
    return history;
  };

  window.dashMantineFunctions.capacityOfStep = (place, { steps }) => words.size(steps[place] * MEGABYTE);

  window.dash_clientside.configuration = {
    // The slider and the number move each other. The slider only has steps: a number between two stays as it is typed.
    slide(place, text, label) {
      const { steps } = label.options;
      const nearest = nearestStep(text, steps);
      if (window.dash_clientside.callback_context.triggered.some((each) => each.prop_id.startsWith("configuration-capacity"))) {
        if (nearest !== null && nearest !== place) window.dash_clientside.set_props("configuration-slider", { value: nearest });
      } else if (nearest !== place) {
        window.dash_clientside.set_props("configuration-capacity", { value: String(steps[place]) });
      }
      return window.dash_clientside.no_update;
    },

    // The next question comes after the answer: asked again before, that would be thrown away, and where answers take
    // longer than a turn there would never be any.
    turn(turns) {
      return waitsFor("configuration-seen.data") ? window.dash_clientside.no_update : turns;
    },

    press() {
      const button = pressed();
      return button ? { button, at: Date.now() } : window.dash_clientside.no_update;
    },

    // What a link asked for is over once it is applied, or given up: else a reload would ask for it once more.
    forgetLink(saved) {
      const button = pressed();
      const over = saved?.fill || button === "configuration-discard" || button?.resolve === "drop";
      if (!over) return window.dash_clientside.no_update;
      history.replaceState(history.state, "", location.pathname + location.hash);
      return {};
    },

    // An address may end in #v7; old rows come only when asked for.
    goToVersion(rows, noOlder) {
      const history = document.getElementById("configuration-history");
      if (history !== watched) watched = watch(history);
      const there = (rows || []).some((row) => row.props.id === wanted());
      if (wanted() && !there && !noOlder) document.getElementById("configuration-older").click();
      return window.dash_clientside.no_update;
    },
  };
}
