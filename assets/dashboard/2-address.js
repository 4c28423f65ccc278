// The address is the state of the page: what it says, how a control changes it, how a browser goes back through it.
window.hitrate = window.hitrate || {};
{
  const PRESETS = { 900: "15m", 3600: "1h", 10800: "3h", 21600: "6h", 86400: "24h", 604800: "7d", 2592000: "30d" };
  const DEFAULTS = { from: "now-1h", to: "now", period: "", instance: "all", compare: "previous", hide: "", refresh: "1m" };
  const REFRESH_SECONDS = { "10s": 10, "1m": 60, off: 0 };
  const id = (name) => `statistics-${name}`;
  const set = (name, props) => window.dash_clientside.set_props(id(name), props);
  const { iso } = window.hitrate.words;

  const state = { view: {}, window: null, stretch: null, columns: null, zooms: 0, live: null };
  const onPage = () => document.getElementById(id("preset")) !== null;

  const compact = (view) =>
    Object.fromEntries(Object.entries(view).filter(([name, value]) => value && name in DEFAULTS && value !== DEFAULTS[name]));
  const query = (view) => {
    const text = new URLSearchParams(compact(view)).toString();
    return text ? `?${text}` : "";
  };
  // Of a name that stands there several times the first counts, as in the manager.
  const read = () => compact(Object.fromEntries([...new URLSearchParams(location.search)].reverse()));
  const asked = (view) => ({ ...DEFAULTS, ...view });
  const isLive = (view) => asked(view).to === "now" && asked(view).from.startsWith("now-");

  const preset = (view) => {
    const found = /^now-(\d+\w)$/.exec(asked(view).from);
    return asked(view).to === "now" && found && Object.values(PRESETS).includes(found[1]) ? found[1] : "custom";
  };
  const typed = (text) => (/^\d{4}-/.test(text) ? text.replace("T", " ").replace(/(:00)?Z$/, "") : text);

  // What each control should show for a view.
  const controls = (view) => {
    const { from, to, instance, compare, refresh } = asked(view);
    return {
      preset: { value: preset(view) },
      instance: { value: instance === "each" ? "all" : instance },
      compare: { value: compare },
      refresh: { value: refresh },
      from: { value: typed(from) },
      to: { value: typed(to) },
      fields: { hidden: preset(view) !== "custom" },
    };
  };

  // Puts the controls where the view is; each change of one costs the page a round, so only what changed.
  const sync = (view, before) => {
    const { refresh, hide } = asked(view);
    const old = controls(before);
    for (const [name, props] of Object.entries(controls(view)))
      if (JSON.stringify(props) !== JSON.stringify(old[name])) set(name, props);
    if (refresh !== asked(before).refresh) pace(refresh);
    mark(hide);
  };

  const mark = (hide) => {
    const hidden = new Set(hide.split(","));
    for (const button of document.querySelectorAll("[data-line]"))
      button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.line)));
  };

  const pace = (refresh) => {
    const seconds = REFRESH_SECONDS[refresh] ?? 60;
    const paused = seconds === 0 || document.hidden;
    set("tick", { interval: Math.max(seconds, 1) * 1000, disabled: paused });
  };

  // Takes up a view: in the address, in the controls, and by the store in everything drawn.
  const go = (view, how = "push") => {
    const next = compact(view);
    if (query(next) === query(state.view) && how !== "pop") return false;
    if (isLive(next)) state.live = next;
    if (how === "push") {
      history.pushState({}, "", location.pathname + query(next));
      state.zooms = isLive(next) ? 0 : state.zooms + 1;
    }
    if (how === "replace") history.replaceState({}, "", location.pathname + query(next));
    const before = state.view;
    state.view = next;
    sync(next, before);
    set("view", { data: next });
    return true;
  };

  const relative = (seconds) => (PRESETS[seconds] ? `now-${PRESETS[seconds]}` : `now-${Math.max(1, Math.round(seconds / 60))}m`);
  // The stretch asked for last: what is shown may still be on its way while somebody clicks on.
  const whole = () => ({ ...state.stretch, now: Math.floor(Date.now() / 1000) });
  const taken = ({ start, end, period, live }) => {
    state.stretch = { start, end: live ? end - period : end };
  };
  const show = (start, end) => {
    const now = Math.floor(Date.now() / 1000);
    const period = state.window ? state.window.period : 60;
    state.stretch = { start, end };
    if (end >= now - period) go({ ...state.view, from: relative(end - start), to: "now", period: "" });
    else go({ ...state.view, from: iso(start), to: iso(end), period: "" });
  };
  const shift = (share) => {
    const { start, end } = whole();
    const by = Math.max(60, Math.round(((end - start) * Math.abs(share)) / 60) * 60) * Math.sign(share);
    show(start + by, end + by);
  };
  const widen = () => {
    const { start, end, now } = whole();
    const half = Math.round((end - start) / 120) * 60;
    const last = Math.min(end + half, now);
    show(last - 4 * half, last);
  };
  const zoom = (start, end) => {
    const period = state.window.period;
    const first = Math.floor(start / period) * period;
    const last = Math.max(Math.ceil(end / period) * period, first + Math.max(period, 120));
    state.stretch = { start: first, end: last };
    go({ ...state.view, from: iso(first), to: iso(last), period: "" });
  };
  const unzoom = () => {
    if (state.zooms > 0) {
      state.zooms -= 1;
      history.back();
    } else if (!isLive(state.view)) toLive();
  };
  const toLive = () => {
    const { from = "", to = "", period = "" } = state.live || {};
    go({ ...state.view, from, to, period });
  };
  const refresh = () => {
    const now = { n_intervals: Date.now() };
    window.dash_clientside.set_props("status-tick", now);
    if (onPage()) set("tick", now);
  };

  const link = (which) => {
    const view = { ...state.view };
    if (which === "moment" && state.window) {
      const { start, end } = whole();
      Object.assign(view, { from: iso(start), to: iso(end) });
    }
    if (which === "live" && !isLive(view)) Object.assign(view, { from: relative(whole().end - whole().start), to: "" });
    return location.origin + location.pathname + query(view);
  };

  window.addEventListener("popstate", () => {
    if (!onPage()) return;
    state.zooms = Math.max(0, state.zooms - 1);
    go(read(), "pop");
  });
  document.addEventListener("visibilitychange", () => {
    if (!onPage()) return;
    pace(asked(state.view).refresh);
    if (!document.hidden && asked(state.view).refresh !== "off") refresh();
  });

  window.hitrate.address = { state, asked, onPage, go, mark, taken, shift, widen, zoom, unzoom, toLive, refresh, link, preset };
}
