// The page Statistics in the browser: controls change the address, numbers fill the table, buttons act.
window.dash_clientside = window.dash_clientside || {};
{
  const { address, words } = window.hitrate;
  const { state } = address;
  const NARROW = new Set(["time", "requests", "hit_rate", "p95_ms"]);
  const LEFT_OUT_FIRST = ["p50_ms", "config_version", "evictions", "bytes_served", "p99_ms", "miss_rate"].concat(
    ["capacity_bytes", "items", "size_bytes", "misses"],
  );
  const nothing = () => window.dash_clientside.no_update;

  const steer = (preset, instance, compare, refresh, _show, _from, _to, fromText, toText) => {
    const changed = window.dash_clientside.callback_context.triggered.map((each) => each.prop_id);
    const next = { ...state.view, compare, refresh };
    // "each" is shown as "all" by the control, which must not take it away.
    if (instance && !(state.view.instance === "each" && instance === "all")) next.instance = instance;
    if (changed.some((id) => /(show|from|to)\.n_/.test(id))) {
      address.go({ ...next, from: fromText, to: toText, period: "" });
    } else if (changed.includes("statistics-preset.value") && preset !== address.preset(state.view)) {
      if (preset === "custom") openFields();
      else address.go({ ...next, from: `now-${preset}`, to: "now", period: "" });
    } else if (changed.includes("statistics-preset.value") && preset !== "custom") {
      window.dash_clientside.set_props("statistics-fields", { hidden: true }); // Custom was opened, and left again
    } else {
      address.go(next);
    }
    return nothing();
  };

  // Custom begins with what is shown.
  const openFields = () => {
    const { start, end, live, period } = state.window;
    const text = (seconds) => words.iso(seconds).slice(0, 16).replace("T", " ");
    window.dash_clientside.set_props("statistics-fields", { hidden: false });
    window.dash_clientside.set_props("statistics-from", { value: text(start) });
    window.dash_clientside.set_props("statistics-to", { value: text(live ? end - period : end) });
    requestAnimationFrame(() => document.getElementById("statistics-from")?.focus());
  };

  // Several controls may speak at once as the page is put up; the address then says what holds.
  const keepWindow = (given, view) => {
    if (!given) return;
    const fresh = state.window === null || !document.querySelector(".statistics[data-taken-up]");
    state.window = given;
    address.taken(given);
    if (fresh) {
      document.querySelector(".statistics")?.setAttribute("data-taken-up", "");
      state.view = view || {};
      address.mark(state.view.hide || "");
    }
  };

  const showRows = (given, columns, options) => {
    state.columns = given;
    if (!given) return [nothing(), nothing(), nothing()];
    const rows = given.each || periods(given).reverse();
    const total = given.total ? [{ ...given.total, time: "Total" }] : [];
    const first = given.each && columns[0].field !== "instance" ? [{ field: "instance", headerName: "Instance", minWidth: 120 }] : [];
    every = [...first, ...columns];
    leftOut = withoutRoom();
    const shown = every.map((column) => ({ ...column, hide: leftOut.has(column.field) }));
    return [rows, shown, { ...options, pinnedBottomRowData: total }];
  };

  // A column that is cut off says less than none.
  let every = [];
  let leftOut = new Set();
  const withoutRoom = () => {
    const least = new Map(every.map((column) => [column.field, column.minWidth]));
    if (window.matchMedia("(max-width: 767px)").matches) {
      return new Set([...least.keys()].filter((name) => name !== "instance" && !NARROW.has(name)));
    }
    const room = document.getElementById("statistics-rows")?.clientWidth ?? Infinity; // nothing was ever reported: no table
    let over = [...least.values()].reduce((sum, width) => sum + width, 0) - room;
    const gone = new Set();
    for (const name of LEFT_OUT_FIRST) {
      if (over <= 0) break;
      gone.add(name);
      over -= least.get(name) || 0;
    }
    return gone;
  };

  const periods = ({ start, period, columns }) => {
    const rows = [];
    columns.reported.forEach((reported, place) => {
      if (reported === null) return;
      const row = { time: words.iso(start + place * period) };
      for (const name of Object.keys(columns)) row[name] = columns[name][place];
      rows.push(row);
    });
    return rows;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https a page may not write there; a field that is copied by hand may.
      const field = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    window.dash_clientside.set_props("statistics-copied", { children: "Link copied" });
    const button = document.getElementById("statistics-copy");
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = before === "Copied" ? "Copy link" : before), 1500);
  };

  const toggleLine = (button, alone) => {
    const line = button.dataset.line;
    const others = [...button.parentElement.querySelectorAll("[data-line]")].map((each) => each.dataset.line).filter((each) => each !== line);
    const hidden = new Set((state.view.hide || "").split(",").filter(Boolean));
    if (alone) {
      hidden.delete(line);
      const isolated = others.every((each) => hidden.has(each));
      for (const each of others) isolated ? hidden.delete(each) : hidden.add(each);
    } else if (hidden.has(line)) hidden.delete(line);
    else hidden.add(line);
    address.go({ ...state.view, hide: [...hidden].sort().join(",") }, "replace");
  };

  const save = (chart, format) => {
    const graph = document.querySelector(`[id*='"chart":"${chart}"'][id*='"part":"graph"'] .js-plotly-plot`);
    const section = graph.closest(".chart");
    const look = getComputedStyle(section);
    const layout = {
      ...graph.layout,
      paper_bgcolor: look.backgroundColor,
      title: { text: section.querySelector("h2").textContent, x: 0.02, font: { size: 16, color: look.color } },
      margin: { ...graph.layout.margin, t: 56 },
    };
    const { start, end } = state.window;
    const name = `hitrate-${chart}-${words.iso(start)}-${words.iso(end)}`.replaceAll(":", "");
    const size = { width: graph.clientWidth, height: graph.clientHeight + 40 };
    window.Plotly.downloadImage({ data: graph.data, layout }, { format, filename: name, scale: 2, ...size });
  };

  const ACTS = {
    "statistics-earlier": () => address.shift(-0.5),
    "statistics-later": () => address.shift(0.5),
    "statistics-more": (button) => button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true")),
    "statistics-wider": () => address.widen(),
    "statistics-live": () => address.toLive(),
    "statistics-open-keys": () => window.dash_clientside.set_props("statistics-keys", { opened: true }),
    '{"copy":"moment"}': () => copy(address.link("moment")),
    '{"copy":"live"}': () => copy(address.link("live")),
  };

  // Narrow screens show fewer columns.
  window.addEventListener("resize", () => {
    if (address.onPage() && withoutRoom().size !== leftOut.size) address.refresh();
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("button, a, [role=menuitem]");
    if (!target) return;
    if (ACTS[target.id]) ACTS[target.id](target);
    else if (target.dataset.line) toggleLine(target, event.detail === 2);
    else if (target.dataset.do === "refresh") address.refresh();
    else if (target.id.startsWith('{"act":')) {
      const { act, chart } = JSON.parse(target.id);
      if (act !== "twin") save(chart, act);
    }
  });

  window.dash_clientside.statistics = { steer, keepWindow, showRows };
}
