/* The page as a whole: choosing a place, the map in its frame, the address that says what is seen, print. */
(function () {
  const { map, data, layers, tools, tables, panels, KINDS, openTab, fillAreas } = hotspotsPage;
  const { make, polygon, shapeOfArea, decode } = tools;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let measure = 0;

  let moved = false;

  /* Choosing: one place at a time, told to table, map and card alike. */
  const ring = L.layerGroup();
  hotspotsPage.choose = function (kind, i, { from = "script", move = true } = {}) {
    if (from === "map") openTab(KINDS.indexOf(kind));
    if (kind === "areas") fillAreas();
    for (const row of document.querySelectorAll('tr[aria-current="true"]')) row.removeAttribute("aria-current");
    for (const mark of document.querySelectorAll(".mark")) mark.setAttribute("aria-pressed", "false");
    layers.hotspots.paths.forEach((path, at) => path.getElement()?.classList.toggle("chosen", kind === "hotspots" && at === i));
    ring.clearLayers();
    hotspotsPage.chosen = { kind, i };
    const row = tables[kind].querySelector(`tbody tr[data-i="${i}"]`);
    row.setAttribute("aria-current", "true");
    hotspotsPage.fillCard(kind, i);
    // The card that the page opens with waits under its table; one that was asked for stays in sight.
    document.getElementById(`card-${kind}`).classList.toggle("held", from !== "script");
    if (from === "map") row.scrollIntoView({ block: "nearest" });
    hotspotsPage.markOf(kind, i)?.setAttribute("aria-pressed", "true");
    hotspotsPage.showDays?.();
    const bounds = boundsOf(kind, i);
    if (kind === "areas") ring.addLayer(polygon(shapeOfArea(i), "chosen", "chosen-halo", { fill: false })).addLayer(polygon(shapeOfArea(i), "chosen", "chosen-area", { fill: false }));
    if (bounds && move && from !== "map") moved = true;
    if (bounds && move && from !== "map") map.fitBounds(bounds, { maxZoom: kind === "hotspots" ? 16 : 15, padding: [40, 40], animate: !still });
    hotspotsPage.remember?.();
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
      button.addEventListener("click", () => {
        whole();
        remember();
      });
      const bar = make("div", "leaflet-bar", button);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    },
  });
  new Whole({ position: "topleft" }).addTo(map);
  const North = L.Control.extend({ onAdd: () => make("div", "north", "N") });
  new North({ position: "bottomleft" }).addTo(map);
  ring.addTo(map);
  const switches = document.querySelector(".leaflet-control-layers");
  switches.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    switches.classList.remove("leaflet-control-layers-expanded");
    switches.querySelector(".leaflet-control-layers-toggle").focus({ preventScroll: true });
  });
  map.on("zoomend viewreset resize", hotspotsPage.place);
  function showMeasure(at) {
    measure = at;
    for (const part of document.querySelectorAll(".legend .measure")) part.hidden = Number(part.dataset.measure) !== at;
    hotspotsPage.showMeasure(at);
  }
  map.on("baselayerchange", (e) => {
    showMeasure(e.layer.measure);
    remember();
  });
  const around = L.latLngBounds([area, ...tools.areaBounds()]).pad(0.6);
  map.setMaxBounds(around);
  map.setMinZoom(Math.max(3, Math.floor(map.getZoom()) - 2));
  hotspotsPage.place();
  layers.labels.settle();
  layers.backdrop?.settle();
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());

  /* The address holds what is seen: tab, layers, view, place and section of the map. */
  const OVERLAYS = ["hotspots", "events", "locations", "drawn", "density", ...(hotspotsPage.more ?? []), "backdrop"].filter((kind) => layers[kind]);
  const KEYS = { hotspots: (i) => data.hotspots[i].id, areas: (i) => data.areas.code[i], events: (i) => data.events[i].id };
  const LISTS = { hotspots: () => data.hotspots.map((h) => h.id), areas: () => data.areas.code, events: () => data.events.map((e) => e.id) };
  const usual = OVERLAYS.filter((kind) => map.hasLayer(layers[kind]));
  /* The legend explains only what is on the map. */
  function showSigns() {
    for (const kind of OVERLAYS) {
      for (const line of document.querySelectorAll(`.signs .of-${kind}`)) {
        line.hidden = !map.hasLayer(layers[kind]) || (kind === "drawn" && hotspotsPage.view.month === null);
      }
    }
  }
  hotspotsPage.showSigns = showSigns;
  let ready = false;
  /* The map was fitted as it was made; to do it again costs a drawing of everything. */
  let fitted = map.getSize();
  function whole() {
    map.invalidateSize({ animate: false, pan: false });
    if (moved || !fitted.equals(map.getSize())) tools.showWhole(map);
    fitted = map.getSize();
    moved = false;
  }
  function address() {
    const { view, chosen, eventPicks } = hotspotsPage;
    const parts = new URLSearchParams();
    if (hotspotsPage.tab) parts.set("tab", panels[hotspotsPage.tab].id.replace("panel-", ""));
    if (measure) parts.set("by", data.measures[measure].column);
    const on = OVERLAYS.filter((kind) => map.hasLayer(layers[kind]));
    if (on.join() !== usual.join()) parts.set("layers", on.join("."));
    if (view.month !== null) parts.set("month", data.months[view.month].key);
    if (view.kinds) parts.set("types", view.kinds.join("."));
    if (view.theme !== null) parts.set("theme", view.theme);
    if (view.days) parts.set("days", view.days.map((day) => day + 1).join("."));
    if (view.from !== 0 || view.to !== 24) parts.set("hours", `${view.from}-${view.to}`);
    for (const [by, pick] of Object.entries(eventPicks)) if (pick.value !== first(by)) parts.set(by, pick.value || "all");
    if (chosen) parts.set("place", `${chosen.kind}.${KEYS[chosen.kind](chosen.i)}`);
    if (moved) {
      const { lat, lng } = map.getCenter();
      parts.set("at", `${lat.toFixed(5)}_${lng.toFixed(5)}_${map.getZoom()}`);
    }
    return parts.toString();
  }
  /* What a choice of events opens with: the coming month, any risk. */
  function first(by) {
    const at = by === "period" ? data.periods.findIndex((period) => period.opening) : -1;
    return at < 0 ? "" : String(at);
  }
  let waiting = 0;
  function remember() {
    if (!ready) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const text = address();
      // Some viewers of attachments have no address to write to.
      try {
        if (location.hash.slice(1) !== text) history.replaceState(null, "", `#${text}`);
      } catch {
        ready = false;
      }
    }, 150);
  }
  hotspotsPage.remember = remember;
  const numbers = (text, most) => (text === null ? null : text.split(".").filter((part) => /^\d+$/.test(part)).map(Number).filter((n, at, all) => n < most && all.indexOf(n) === at));
  function recall() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const by = data.measures.findIndex((m) => m.column === parts.get("by"));
    layers.areas.forEach((group, at) => (at === Math.max(by, 0) ? map.addLayer(group) : map.removeLayer(group)));
    showMeasure(Math.max(by, 0));
    const on = parts.has("layers") ? parts.get("layers").split(".") : usual;
    for (const kind of OVERLAYS) map[on.includes(kind) ? "addLayer" : "removeLayer"](layers[kind]);
    const view = hotspotsPage.freshView();
    const month = data.months.findIndex((m) => m.key === parts.get("month"));
    if (month >= 0) view.month = month;
    view.kinds = numbers(parts.get("types"), data.rows.kinds.length);
    const theme = numbers(parts.get("theme"), data.rows.themes.length);
    if (theme?.length) [view.theme] = theme;
    view.days = numbers(parts.get("days"), 8)?.map((day) => day - 1).filter((day) => day >= 0) ?? null;
    const hours = /^(\d{1,2})-(\d{1,2})$/.exec(parts.get("hours") ?? "");
    if (hours && hours[1] < 24 && hours[2] >= 1 && hours[2] <= 24) [view.from, view.to] = [Number(hours[1]), Number(hours[2])];
    for (const [by2, pick] of Object.entries(hotspotsPage.eventPicks)) {
      const wanted = parts.get(by2) === "all" ? "" : parts.get(by2) ?? first(by2);
      if (by2 === "period") hotspotsPage.freeDays?.(wanted);
      pick.value = [...pick.options].some((one) => one.value === wanted) ? wanted : first(by2);
    }
    hotspotsPage.chosen = null;
    hotspotsPage.show(view);
    const [kind, ...key] = (parts.get("place") ?? "").split(".");
    const i = KINDS.includes(kind) ? LISTS[kind]().indexOf(key.join(".")) : -1;
    if (i >= 0) hotspotsPage.choose(kind, i, { move: false });
    else if (data.hotspots.length) hotspotsPage.choose("hotspots", 0, { move: false });
    openTab(Math.max(0, panels.findIndex((panel) => panel.id === `panel-${parts.get("tab")}`)));
    hotspotsPage.showEvents();
    showSigns();
    const [lat, lng, zoom] = (parts.get("at") ?? "").split("_").map(Number);
    if (parts.has("at") && [lat, lng, zoom].every(Number.isFinite)) {
      moved = true;
      map.setView([lat, lng], zoom, { animate: false });
    } else {
      whole();
    }
  }

  /* Paper: the map takes its printed size before the browser lays out the sheet, and its old view after. */
  let before = null;
  window.addEventListener("beforeprint", () => {
    before = [map.getCenter(), map.getZoom()];
    document.documentElement.classList.add("printing");
    map.invalidateSize({ animate: false, pan: false });
    tools.showWhole(map);
    for (const layer of [layers.locations, layers.backdrop]) if (layer && map.hasLayer(layer)) layer.print(true);
  });
  window.addEventListener("afterprint", () => {
    for (const layer of [layers.locations, layers.backdrop]) if (layer && map.hasLayer(layer)) layer.print(false);
    document.documentElement.classList.remove("printing");
    map.invalidateSize({ animate: false, pan: false });
    if (before) map.setView(...before, { animate: false });
  });
  document.querySelector(".print").addEventListener("click", () => window.print());
  document.querySelector(".skip").addEventListener("click", (e) => {
    // The address is taken: jump without it.
    e.preventDefault();
    document.getElementById("tables").focus();
  });

  // A low frame belongs to the map; the legend is one press away.
  const legend = document.querySelector(".legend");
  const crowded = map.getSize().x > 560 && (map.getSize().y < 400 || map.getSize().x < 2.6 * legend.offsetWidth);
  if (crowded) legend.open = false;
  recall();
  window.addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== address()) recall();
  });
  // Moved by hand, by key, by a button or by a choice; not by a window that changed its size.
  map.on("dragstart boxzoomstart", () => { moved = true; });
  map.getContainer().addEventListener("wheel", () => { moved = true; }, { passive: true });
  map.getContainer().addEventListener("keydown", () => { moved = true; });
  map.getContainer().addEventListener("dblclick", () => { moved = true; });
  document.querySelector(".leaflet-control-zoom").addEventListener("click", () => { moved = true; });
  map.on("moveend", remember);
  map.on("resize", () => {
    if (!moved) whole();
  });
  map.on("overlayadd overlayremove", () => {
    showSigns();
    remember();
  });
  ready = true;
})();
