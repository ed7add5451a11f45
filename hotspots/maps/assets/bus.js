/* The bus page as a whole: the choice of stops and its past, tabs, the map in its frame, the address, saving, print. */
(function () {
  const { map, data, bus, layers, tools } = hotspotsPage;
  const { sites, plans } = data;
  const { make } = tools;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const choice = document.getElementById("choice");
  const beside = window.matchMedia("(min-width: 800px) and (min-height: 600px)");
  const MOST_UNDONE = 100;
  let chosen = [];
  let past = [];
  let place = -1;
  let moved = false;
  let settling = 0;

  /* The choice: positions of sites in the order of their numbers. Everything follows it. */
  const spoken = choice.querySelector(".said");
  const name = (i, number) => {
    const { status, reason } = sites[i];
    const standing = status === "candidate" ? "" : `, ${status}${reason ? `: ${reason}` : ""}`;
    const worth = number ? `would lose ${bus.amount(hotspotsPage.now.marginal[i])} without it` : `would add ${bus.amount(hotspotsPage.now.marginal[i])}`;
    return `${number ? `Stop ${number}` : "Site"}, ${sites[i].name}${standing}: ${worth}`;
  };
  hotspotsPage.show = function (just = -1) {
    hotspotsPage.now = bus.measure(chosen);
    hotspotsPage.chosen = chosen;
    hotspotsPage.showSites(chosen, name);
    hotspotsPage.showTables(chosen, hotspotsPage.now, just);
    choice.querySelector(".undo").disabled = !past.length;
    if (place >= 0) hotspotsPage.fillCard(place, chosen, hotspotsPage.now);
    hotspotsPage.markRow(place);
    clearTimeout(settling);
    settling = setTimeout(() => {
      layers.labels.settle();
      layers.backdrop?.settle();
    }, 250);
    remember();
  };
  function choose(list, { undone = false, just = -1 } = {}) {
    if (!undone) past = [...past, chosen].slice(-MOST_UNDONE);
    chosen = list;
    hotspotsPage.show(just);
    const { reach } = hotspotsPage.now;
    spoken.textContent = `${bus.stops(chosen.length)}: ${bus.amount(reach)} ${data.unit} in reach${data.unit.startsWith("%") ? "" : `, ${bus.part(hotspotsPage.shareOf(hotspotsPage.now))} of the need`}`;
  }
  hotspotsPage.choose = choose;
  hotspotsPage.toggle = function (i, { from = "script" } = {}) {
    const held = chosen.includes(i);
    if (held || sites[i].status !== "never") choose(held ? chosen.filter((k) => k !== i) : [...chosen, i], { just: i });
    if (from !== "table") hotspotsPage.select(i, { from });
  };
  /* The site that the card tells of. */
  hotspotsPage.select = function (i, { from = "script" } = {}) {
    place = i;
    // What is compared follows the choice: there is no need to leave it.
    if (from === "map" && panels[tab].id !== "panel-compare") openTab(0);
    hotspotsPage.markSite(i);
    hotspotsPage.markRow(i);
    hotspotsPage.fillCard(i, chosen, hotspotsPage.now);
    document.getElementById("card-plan").classList.toggle("held", from !== "script");
    // Where panel and map are one page, a row brought into sight would take the map away.
    if (from === "map" && beside.matches && hotspotsPage.rowOf(i).isConnected) hotspotsPage.rowOf(i).scrollIntoView({ block: "nearest" });
    if (from === "table") map.panInside(hotspotsPage.sitePlaces[i], { padding: [90, 90], animate: !still });
    remember();
  };
  for (const button of choice.querySelectorAll("[data-plan]")) {
    button.addEventListener("click", () => choose([...plans[button.dataset.plan].sites]));
  }
  choice.querySelector(".clear").addEventListener("click", () => {
    choose([]);
    choice.querySelector(".undo").focus({ preventScroll: true });
  });
  choice.querySelector(".undo").addEventListener("click", () => {
    choose(past.pop(), { undone: true });
    if (!past.length) choice.querySelector("[data-plan]").focus({ preventScroll: true });
  });
  for (const row of document.querySelectorAll("#table-plans tr[data-plan]")) {
    const label = row.querySelector(".name");
    const button = make("button", "pick name", label.textContent);
    button.type = "button";
    label.replaceWith(button);
    row.addEventListener("click", () => choose([...plans[row.dataset.plan].sites]));
  }

  /* Tabs */
  const panels = [...document.querySelectorAll(".tab")];
  const tabs = make("div", "tabs");
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Tables");
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
  let tab = 0;
  function openTab(at, focus) {
    panels.forEach((panel, i) => {
      panel.hidden = i !== at;
      buttons[i].setAttribute("aria-selected", String(i === at));
      buttons[i].tabIndex = i === at ? 0 : -1;
    });
    if (focus) buttons[at].focus();
    tab = at;
    remember();
  }

  /* Saving: a table that the planner reads again, with text that a spreadsheet shows instead of running. */
  const FORMULA = /^ *[=+\-@\t\r\n＝＋－＠]/;
  function cell(text) {
    const said = (FORMULA.test(text) ? `'${text}` : text).replace(/\r\n?/g, "\n");
    return /[",\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
  }
  const metres = (value) => String(Math.round(value * 100) / 100);
  hotspotsPage.choiceCsv = function () {
    const lines = sites.map((site, i) => [cell(site.id), cell(site.name), chosen.includes(i) ? "yes" : "no", metres(site.easting), metres(site.northing)].join(","));
    return `\ufeff${["site_id,name,chosen,easting,northing", ...lines].join("\r\n")}\r\n`;
  };
  choice.querySelector(".save").addEventListener("click", () => {
    const link = make("a", "");
    link.href = URL.createObjectURL(new Blob([hotspotsPage.choiceCsv()], { type: "text/csv;charset=utf-8" }));
    link.download = "choice.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    spoken.textContent = `choice.csv with ${bus.stops(chosen.length)} is among your downloads`;
  });

  /* The map in its frame */
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
  const switches = document.querySelector(".leaflet-control-layers");
  switches.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    switches.classList.remove("leaflet-control-layers-expanded");
    switches.querySelector(".leaflet-control-layers-toggle").focus({ preventScroll: true });
  });
  map.on("zoomend viewreset resize", hotspotsPage.place);
  const ground = L.latLngBounds([...tools.outlineShape.flat(2), ...hotspotsPage.sitePlaces]);
  for (const path of layers.areas[0].paths) ground.extend(path.getBounds());
  map.setMaxBounds(ground.pad(0.6));
  map.setMinZoom(Math.max(3, Math.floor(map.getZoom()) - 2));
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  const group = map.getPane("marks");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Sites on the map: arrow keys go from one to the next, Enter makes one a stop or takes it away");
  let fitted = map.getSize();
  function whole() {
    map.invalidateSize({ animate: false, pan: false });
    if (moved || !fitted.equals(map.getSize())) tools.showWhole(map);
    fitted = map.getSize();
    moved = false;
  }

  /* The address holds what is seen: tab, layers, stops, site and section of the map. */
  const OVERLAYS = ["areas", "zones", "reach", "hotspots", "provision", "candidates", "backdrop"].filter((kind) => layers[kind]);
  const layer = (kind) => (kind === "areas" ? layers.areas[0] : layers[kind]);
  function showSigns() {
    for (const kind of OVERLAYS) {
      for (const line of document.querySelectorAll(`.legend .of-${kind}`)) line.hidden = !map.hasLayer(layer(kind));
    }
  }
  let ready = false;
  function address() {
    const parts = new URLSearchParams();
    if (tab) parts.set("tab", panels[tab].id.replace("panel-", ""));
    const on = OVERLAYS.filter((kind) => map.hasLayer(layer(kind)));
    if (on.length !== OVERLAYS.length) parts.set("layers", on.join("."));
    if (chosen.join() !== plans[0].sites.join()) for (const id of chosen.length ? chosen.map((i) => sites[i].id) : [""]) parts.append("stop", id);
    if (place >= 0) parts.set("site", sites[place].id);
    if (moved) {
      const { lat, lng } = map.getCenter();
      parts.set("at", `${lat.toFixed(5)}_${lng.toFixed(5)}_${map.getZoom()}`);
    }
    return parts.toString();
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
  const positions = new Map(sites.map((site, i) => [site.id, i]));
  function recall() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const on = parts.has("layers") ? parts.get("layers").split(".") : OVERLAYS;
    for (const kind of OVERLAYS) map[on.includes(kind) ? "addLayer" : "removeLayer"](layer(kind));
    const wanted = parts.getAll("stop").map((id) => positions.get(id)).filter((i) => i !== undefined);
    chosen = parts.has("stop") ? [...new Set(wanted)] : [...plans[0].sites];
    place = positions.get(parts.get("site")) ?? -1;
    const opening = place >= 0 ? place : chosen[0] ?? -1;
    hotspotsPage.show();
    if (opening >= 0) hotspotsPage.select(opening);
    openTab(Math.max(0, panels.findIndex((panel) => panel.id === `panel-${parts.get("tab")}`)));
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
    if (layers.backdrop && map.hasLayer(layers.backdrop)) layers.backdrop.print(true);
  });
  window.addEventListener("afterprint", () => {
    if (layers.backdrop && map.hasLayer(layers.backdrop)) layers.backdrop.print(false);
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
  if (map.getSize().x > 560 && (map.getSize().y < 400 || map.getSize().x < 2.6 * legend.offsetWidth)) legend.open = false;
  hotspotsPage.place();
  recall();
  window.addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== address()) recall();
  });
  // Moved by hand, by key, by a button or by a choice; not by a window that changed its size.
  map.on("dragstart boxzoomstart", () => { moved = true; });
  const frame = map.getContainer();
  frame.addEventListener("wheel", () => { moved = true; }, { passive: true });
  frame.addEventListener("keydown", () => { moved = true; });
  frame.addEventListener("dblclick", () => { moved = true; });
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
