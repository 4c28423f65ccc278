// The page Configuration in the browser: the slider writes the number, links lead to a version of the history.
window.dash_clientside = window.dash_clientside || {};
window.dashMantineFunctions = window.dashMantineFunctions || {};
{
  const MEGABYTE = 1048576;
  const { words } = window.hitrate;
  let shown = null;

  window.dashMantineFunctions.capacityOfStep = (place, { steps }) => words.size(steps[place] * MEGABYTE);

  window.dash_clientside.configuration = {
    // The number moves the slider as well; only a hand on the slider may change the number.
    slide(place, putThere, label) {
      if (place !== putThere && place !== null)
        window.dash_clientside.set_props("configuration-capacity", { value: String(label.options.steps[place]) });
      return window.dash_clientside.no_update;
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
