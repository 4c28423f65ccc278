// One line through all charts at the same period, and one box, beside the pointer, with its numbers. Plotly's own hover
// knows no gaps and draws a box in every chart; this reads the same numbers that fill the table.
{
  const { address, words } = window.hitrate;
  const { state } = address;
  const layer = document.createElement("div");
  layer.className = "hover";
  layer.setAttribute("aria-hidden", "true");
  layer.hidden = true;
  const box = layer.appendChild(document.createElement("div"));
  box.className = "hover-box";
  const lines = new Map();
  const zoomable = new WeakSet();

  const graphs = () => [...document.querySelectorAll(".chart-graph .js-plotly-plot")].filter((graph) => graph._fullLayout?.xaxis);

  // Seconds at a horizontal place of a chart, and back.
  const secondsAt = (graph, clientX) => {
    const { xaxis, _size } = graph._fullLayout;
    return xaxis.p2c(clientX - graph.getBoundingClientRect().left - _size.l) / 1000;
  };
  const leftOf = (graph, seconds) => {
    const { xaxis, _size } = graph._fullLayout;
    return graph.getBoundingClientRect().left + _size.l + xaxis.c2p(seconds * 1000);
  };
  const inside = (graph, event) => {
    const { _size } = graph._fullLayout;
    const rect = graph.getBoundingClientRect();
    const x = event.clientX - rect.left - _size.l;
    const y = event.clientY - rect.top - _size.t;
    return x >= 0 && x <= _size.w && y >= 0 && y <= _size.h;
  };

  const hide = () => {
    layer.hidden = true;
  };

  const drawLines = (seconds) => {
    const shown = new Set();
    for (const graph of graphs()) {
      const line = lines.get(graph) || layer.appendChild(Object.assign(document.createElement("div"), { className: "hover-line" }));
      lines.set(graph, line);
      shown.add(graph);
      const rect = graph.getBoundingClientRect();
      const { _size } = graph._fullLayout;
      line.style.transform = `translate(${leftOf(graph, seconds)}px, ${rect.top + _size.t}px)`;
      line.style.height = `${_size.h}px`;
    }
    for (const [graph, line] of lines)
      if (!shown.has(graph)) {
        line.remove();
        lines.delete(graph);
      }
  };

  const inBrackets = (line, at) => {
    const [first, second] = line.of;
    if (!first) return "";
    return second ? ` (${words.count(at(first))} of ${words.count(at(second))})` : ` (${words.count(at(first))})`;
  };
  const exactly = (unit, value) => (unit === "size" && value !== null ? ` (${words.count(value)} bytes)` : "");

  const told = (meta, place) => {
    const { start, period, columns, before, before_name, expected } = state.columns;
    const from = start + place * period;
    const rows = [{ text: words.span(from, from + period), kind: "time" }];
    const at = (name) => columns[name]?.[place] ?? null;
    if (at("reported") === null) {
      rows.push({ text: from + period > Date.now() / 1000 ? "Still running" : `No data: nobody reported this ${period === 60 ? "minute" : "period"}` });
    } else {
      for (const line of meta.lines) {
        const value = at(line.column);
        rows.push({ text: `${line.label} ${words[meta.unit](value)}${inBrackets(line, at)}${exactly(meta.unit, value)}`, colour: line.colour });
      }
      if (meta.compared === "requests") rows.push({ text: `Requests ${words.count(at("requests"))}` });
    }
    const then = before?.[meta.compared]?.[place];
    if (then !== null && then !== undefined) rows.push({ text: `${before_name} ${words[meta.unit](then)}`, kind: "muted" });
    if (at("reported") !== null) {
      const unfinished = at("unfinished") ? "unfinished: " : "";
      rows.push({ text: `v${at("config_version")}, ${unfinished}${at("reported")} of ${expected} reported`, kind: "muted" });
    }
    return rows;
  };

  const drawBox = (meta, place, event) => {
    box.replaceChildren(
      ...told(meta, place).map(({ text, kind, colour }) => {
        const row = Object.assign(document.createElement("div"), { textContent: text, className: kind || "" });
        if (colour) row.style.setProperty("--swatch", `var(--${colour})`);
        if (colour) row.classList.add("with-swatch");
        return row;
      }),
    );
    const width = box.offsetWidth;
    const right = event.clientX + 16 + width < window.innerWidth - 8;
    const left = Math.max(8, right ? event.clientX + 16 : event.clientX - 16 - width);
    const top = Math.min(Math.max(8, event.clientY - 24), window.innerHeight - box.offsetHeight - 8);
    box.style.transform = `translate(${left}px, ${top}px)`;
  };

  const move = (event) => {
    const graph = event.target.closest?.(".js-plotly-plot");
    const meta = graph?._fullLayout?.xaxis && graph.layout.meta;
    if (!meta || !state.columns || event.buttons || !inside(graph, event)) return hide();
    makeZoomable(graph);
    const { start, period, columns } = state.columns;
    const place = Math.round((secondsAt(graph, event.clientX) - start) / period);
    if (place < 0 || place >= columns.requests.length) return hide();
    layer.hidden = false;
    drawLines(start + place * period);
    drawBox(meta, place, event);
  };

  // A drag is a new range for everything; a double click goes back.
  const makeZoomable = (graph) => {
    if (zoomable.has(graph)) return;
    zoomable.add(graph);
    graph.on("plotly_relayout", (change) => {
      const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (from === undefined || to === undefined) return;
      const seconds = (text) => Date.parse(`${String(text).replace(" ", "T").replace(/Z$/, "")}Z`) / 1000;
      hide();
      address.zoom(seconds(from), seconds(to));
    });
    graph.on("plotly_doubleclick", () => address.unzoom());
  };

  document.addEventListener("pointermove", move);
  document.addEventListener("pointerdown", (event) => (event.pointerType === "touch" ? move(event) : hide()));
  document.addEventListener("scroll", hide, { passive: true, capture: true });
  document.addEventListener("pointerleave", hide);
  document.body.append(layer);
}
