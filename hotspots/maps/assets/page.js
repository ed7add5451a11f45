/* The panel: tabs, tables, the card of the chosen place, print. */
(function () {
  const { map, data, layers, tools } = hotspotsPage;
  const { make, makeSvg, count, rate, polygon, shape, shapeOfArea, decode } = tools;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const KINDS = ["hotspots", "areas", "events"];
  let measure = 0;
  let chosen = null;

  /* Tabs */
  const tabs = make("div", "tabs");
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Tables");
  const panels = [...document.querySelectorAll(".tab")];
  const buttons = panels.map((panel, i) => {
    const button = make("button", "", panel.dataset.tab);
    button.type = "button";
    button.id = `tab-${panel.id}`;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    button.addEventListener("click", () => openTab(i));
    button.addEventListener("keydown", (e) => {
      const step = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: panels.length - 1 }[e.key];
      if (step === undefined) return;
      e.preventDefault();
      openTab((step + panels.length) % panels.length, true);
    });
    return button;
  });
  tabs.append(...buttons);
  document.querySelector(".panel").prepend(tabs);
  function openTab(at, focus) {
    panels.forEach((panel, i) => {
      panel.hidden = i !== at;
      buttons[i].setAttribute("aria-selected", String(i === at));
      buttons[i].tabIndex = i === at ? 0 : -1;
    });
    if (panels[at].id === "panel-areas") fillAreas();
    if (focus) buttons[at].focus();
  }

  /* Rows that can be chosen: a real button in each, so that keyboards and screen readers know it. */
  const tables = Object.fromEntries(KINDS.map((kind) => [kind, document.getElementById(`table-${kind}`)]));
  function upgrade(row) {
    const name = row.querySelector(".name");
    const button = make("button", "pick name", name.textContent);
    button.type = "button";
    name.replaceWith(button);
  }
  for (const kind of KINDS) {
    const table = tables[kind];
    if (!table) continue;
    const body = table.tBodies[0];
    for (const row of body.rows) upgrade(row);
    body.addEventListener("click", (e) => {
      const row = e.target.closest("tr");
      if (row) hotspotsPage.choose(kind, Number(row.dataset.i), { from: "table" });
    });
    body.addEventListener("keydown", (e) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key];
      const row = step && e.target.closest("tr")?.[step];
      if (!row) return;
      e.preventDefault();
      row.querySelector(".pick").focus();
    });
    for (const head of table.tHead.querySelectorAll("th[data-sort]")) sortable(kind, table, head);
  }

  function sortValues(kind, key) {
    if (kind === "hotspots") return data.hotspots.map((h) => h.sort[Number(key)]);
    return key in data.areas ? data.areas[key] : data.areas.rates[Number(key)];
  }
  function sortable(kind, table, head) {
    const button = make("button", "");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const values = sortValues(kind, head.dataset.sort);
      const upFirst = head.dataset.sort === "name" || (kind === "hotspots" && head.dataset.sort === "0");
      const before = head.getAttribute("aria-sort");
      const up = before ? before !== "ascending" : upFirst;
      for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (up ? 1 : -1));
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => order(values[a.dataset.i], values[b.dataset.i]) || a.dataset.i - b.dataset.i);
      table.tBodies[0].append(...rows);
    });
  }

  /* Areas: the page's text holds the first rows only; the others are made when somebody looks. */
  let filled = false;
  function fillAreas() {
    const body = tables.areas.tBodies[0];
    if (filled) return;
    filled = true;
    const have = new Set([...body.rows].map((row) => Number(row.dataset.i)));
    const rates = data.areas.rates[0];
    const rest = data.areas.code.map((_, i) => i).filter((i) => !have.has(i));
    rest.sort((a, b) => data.areas.inside[b] - data.areas.inside[a] || (rates[b] ?? -1) - (rates[a] ?? -1) || a - b);
    body.append(...rest.map(areaRow));
    tables.areas.querySelector(".cut")?.remove();
    const find = document.querySelector(".find");
    find.hidden = false;
    find.querySelector("input").addEventListener("input", (e) => {
      const wanted = e.target.value.trim().toLowerCase();
      const { name, code } = data.areas;
      for (const row of body.rows) {
        const i = row.dataset.i;
        row.hidden = !(name[i].toLowerCase().includes(wanted) || code[i].toLowerCase().includes(wanted));
      }
    });
  }
  function areaRow(i) {
    const a = data.areas;
    const row = make("tr", "");
    row.dataset.i = i;
    const small = `${a.code[i]}${a.inside[i] ? "" : " · outside the line"}`;
    const head = make("th", "", make("span", "name", a.name[i]), make("span", "small", small));
    head.scope = "row";
    row.append(head, make("td", "num", count(a.month[i])), make("td", "num", count(a.n[i])));
    data.measures.forEach((m, at) => {
      const number = a.classes[at][i];
      row.append(make("td", "num", `${number === null ? "no data" : rate(a.rates[at][i])} `, swatch(at, number)));
    });
    upgrade(row);
    return row;
  }
  function swatch(at, number) {
    const dark = number > data.measures[at].ranges.length * 0.8;
    const look = number === null ? "no-data" : `m${at} class-${number}`;
    const label = number === null ? "no data" : `class ${number}`;
    const box = makeSvg("svg", { class: "swatch", viewBox: "0 0 16 14", role: "img", "aria-label": label },
      makeSvg("rect", { class: look, x: 0.5, y: 0.5, width: 15, height: 13 }));
    if (number !== null) box.append(makeSvg("text", { class: dark ? "on-dark" : "on-light", x: 8, y: 10.5 }, String(number)));
    return box;
  }

  /* The card */
  function hotspotCard(h) {
    const usual = h.usual === "–" ? "" : `, usual ${h.usual}`;
    const place = `E ${h.easting}, N ${h.northing}`;
    return [`${h.rank} · ${h.name}`, [
      [data.month, make("span", "", `${h.month}${usual}: `, make("strong", "", h.change))],
      [`${data.window}`, `${h.n} incidents, ${h.share} of the total (chosen on these months)`],
      ["Size", `${h.ha} ha, ${h.width} m across, ${h.land} of the area`],
      ...(h.life ? [["So far", h.life]] : []),
      ...(h.moved ? [["Next to it", h.moved]] : []),
      ["Mostly", h.mostly],
      ...(h.peak ? [["Peak", h.peak]] : []),
      ["LSOAs", h.lsoas],
      ["Grid ref", h.grid ? `${h.grid} (${place})` : place],
      ["Boundary", h.cross ? `crosses the line: ${h.inside} of ${h.n} incidents inside` : "does not cross the line"],
    ]];
  }
  function areaCard(i) {
    const a = data.areas;
    const lines = [["Borough", a.borough.words[a.borough.rows[i]] ?? "–"], ["Code", a.code[i]]];
    if (a.n[i] !== null) lines.push([data.month, count(a.month[i])], [`${data.window}`, count(a.n[i])]);
    data.measures.forEach((m, at) => {
      const number = a.classes[at][i];
      lines.push([number === null ? "Rate" : `Class ${number}`, number === null ? `no data · ${m.title}` : `${rate(a.rates[at][i])} · ${m.title} (${m.ranges[number - 1]})`]);
    });
    if (!a.inside[i]) lines.push(["Boundary", "outside the line, shown for displacement"]);
    return [a.name[i], lines];
  }
  function eventCard(e) {
    const lines = [["Kind", e.kind], ["When", e.when], ["Risk", e.risk ?? "not graded"], ["Status", e.status]];
    if (e.notes) lines.push(["Notes", e.notes]);
    if (!e.at) lines.push(["Place", "none given, so it is not on the map"]);
    return [e.title, lines];
  }
  function fillCard(kind, i) {
    const [title, lines] = kind === "hotspots" ? hotspotCard(data.hotspots[i]) : kind === "areas" ? areaCard(i) : eventCard(data.events[i]);
    const list = make("dl", "");
    for (const [term, words] of lines) list.append(make("dt", "", term), make("dd", "", words));
    const toMap = make("button", "to-map", "Show on the map");
    toMap.type = "button";
    toMap.addEventListener("click", () => map.getContainer().scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" }));
    const card = document.getElementById(`card-${kind}`);
    card.replaceChildren(make("h3", "", title), list, toMap);
    card.hidden = false;
  }

  /* Choosing: one place at a time, told to table, map and card alike. */
  const ring = L.layerGroup();
  hotspotsPage.choose = function (kind, i, { from = "script", move = true } = {}) {
    if (from === "map") openTab(KINDS.indexOf(kind));
    if (kind === "areas") fillAreas();
    for (const row of document.querySelectorAll('tr[aria-current="true"]')) row.removeAttribute("aria-current");
    for (const mark of document.querySelectorAll(".mark")) mark.setAttribute("aria-pressed", "false");
    layers.hotspots.paths.forEach((path, at) => path.getElement()?.classList.toggle("chosen", kind === "hotspots" && at === i));
    ring.clearLayers();
    chosen = { kind, i };
    hotspotsPage.chosen = chosen;
    const row = tables[kind].querySelector(`tbody tr[data-i="${i}"]`);
    row.setAttribute("aria-current", "true");
    fillCard(kind, i);
    if (from === "map") row.scrollIntoView({ block: "nearest" });
    hotspotsPage.markOf(kind, i)?.setAttribute("aria-pressed", "true");
    const bounds = boundsOf(kind, i);
    if (kind === "areas") ring.addLayer(polygon(shapeOfArea(i), "chosen", "chosen-halo", { fill: false })).addLayer(polygon(shapeOfArea(i), "chosen", "chosen-area", { fill: false }));
    if (bounds && move && from !== "map") map.fitBounds(bounds, { maxZoom: kind === "hotspots" ? 16 : 15, padding: [40, 40], animate: !still });
  };
  function boundsOf(kind, i) {
    if (kind === "hotspots") return layers.hotspots.paths[i].getBounds();
    if (kind === "areas") return L.latLngBounds(shapeOfArea(i).flat(2));
    return data.events[i].at && L.latLngBounds(decode(data.events[i].at));
  }

  /* The map in its frame */
  const area = L.latLngBounds(tools.outlineShape.flat(2));
  const Whole = L.Control.extend({
    onAdd() {
      const button = make("button", "whole", "Whole area");
      button.type = "button";
      button.addEventListener("click", () => tools.showWhole(map));
      const bar = make("div", "leaflet-bar", button);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    },
  });
  new Whole({ position: "topleft" }).addTo(map);
  ring.addTo(map);
  map.on("zoomend viewreset resize", hotspotsPage.place);
  map.on("baselayerchange", (e) => {
    measure = e.layer.measure;
    for (const part of document.querySelectorAll(".legend .measure")) part.hidden = Number(part.dataset.measure) !== measure;
  });
  const around = L.latLngBounds([area, ...data.areas.shape.flat(2).map((r) => L.latLngBounds(decode(r)))]).pad(0.6);
  map.setMaxBounds(around);
  map.setMinZoom(Math.max(3, Math.floor(map.getZoom()) - 2));
  hotspotsPage.place();
  layers.labels.settle();
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());

  /* Paper: the map takes its printed size before the browser lays out the sheet, and its old view after. */
  let view = null;
  window.addEventListener("beforeprint", () => {
    view = [map.getCenter(), map.getZoom()];
    document.documentElement.classList.add("printing");
    map.invalidateSize({ animate: false, pan: false });
    tools.showWhole(map);
    if (map.hasLayer(layers.locations)) layers.locations.print(true);
  });
  window.addEventListener("afterprint", () => {
    if (map.hasLayer(layers.locations)) layers.locations.print(false);
    document.documentElement.classList.remove("printing");
    map.invalidateSize({ animate: false, pan: false });
    if (view) map.setView(...view, { animate: false });
  });
  const print = document.querySelector(".tools");
  print.hidden = false;
  print.firstElementChild.addEventListener("click", () => window.print());

  // A low frame belongs to the map; the legend is one press away.
  if (map.getSize().y < 400 && map.getSize().x > 560) document.querySelector(".legend").open = false;
  openTab(0);
  if (data.hotspots.length) hotspotsPage.choose("hotspots", 0, { move: false });
})();
