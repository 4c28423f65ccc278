// The page Configuration in the browser: the slider writes the number, links lead to a version of the history.
window.dash_clientside = window.dash_clientside || {};
window.dashMantineFunctions = window.dashMantineFunctions || {};
{
  const MEGABYTE = 1048576;
  const { words } = window.hitrate;
  const UNITS = { b: 1, kb: 1024, mb: MEGABYTE, gb: 1024 * MEGABYTE, tb: MEGABYTE * MEGABYTE };
  let shown = null;

  // The last step that is not above a capacity as people write it; null where it is no number.
  const nearestStep = (text, steps) => {
    const found = /^\s*([\d.,]+)\s*([kmgt]?b)?\s*$/i.exec(text || "");
    const bytes = found ? Number(found[1].replaceAll(",", "")) * UNITS[(found[2] || "mb").toLowerCase()] : NaN;
    if (Number.isNaN(bytes)) return null;
    return Math.max(0, steps.findLastIndex((step) => step * MEGABYTE <= bytes));
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

    // Which button was pressed. What merely came onto the page, or was drawn anew, was not.
    press() {
      const pressed = window.dash_clientside.callback_context.triggered.find((each) => each.value);
      if (!pressed) return window.dash_clientside.no_update;
      const id = pressed.prop_id.slice(0, pressed.prop_id.lastIndexOf("."));
      return { button: id.startsWith("{") ? JSON.parse(id) : id, at: Date.now() };
    },

    // An address may end in #v7; the rows come later than the page, and old ones only when asked for.
    goToVersion() {
      const version = location.hash.slice(1);
      if (!/^v\d+$/.test(version) || shown === version) return window.dash_clientside.no_update;
      requestAnimationFrame(() => {
        const row = document.getElementById(version);
        const older = document.getElementById("configuration-older");
        if (row) {
          shown = version;
          row.classList.add("pointed-at");
          row.scrollIntoView({ block: "center" });
        } else if (older && !older.hidden) older.click();
      });
      return window.dash_clientside.no_update;
    },
  };
}
