/* The bus page's layers: need by area, zones, hotspots with their discs, sites as marks, the reach of the stops. */
(function () {
  const { data, builders, tools } = hotspotsPage;
  const { decode, shape, polygon, make, makeSvg, hover, rate } = tools;
  const RADIUS = 15;
  const TURNS = 16;
  const CROWD = 150;
  const outlines = hotspotsDecode.topology(data.areas.shape, data.origin);
  const at = decode(data.at);
  L.Map.addInitHook(function () {
    for (const [name, z] of [["zones", 312], ["reach", 318]]) this.createPane(name).style.zIndex = z;
  });

  /* Areas by need */
  const shapes = data.areas.code.map((_, i) => outlines.latlngs(i));
  builders.areas = () => {
    const group = L.featureGroup();
    group.paths = shapes.map((latlngs, i) => {
      const number = data.areas.classes[i];
      const path = polygon(latlngs, "areas", `area ${number === null ? "no-data" : `m0 class-${number}`}`, { interactive: true });
      path.area = i;
      group.addLayer(path);
      return path;
    });
    hover(group, (e) => {
      const i = e.layer.area;
      const { name, need, per_km2: perKm2, classes } = data.areas;
      const said = need[i] === null ? "no data" : `${hotspotsPage.bus.amount(need[i])} ${data.unit}`;
      const tip = make("div", "", make("b", "", name[i]), make("span", "", said));
      if (classes[i] !== null) tip.append(make("span", "", `${rate(perKm2[i])} · ${data.title}`));
      return tip;
    });
    return group;
  };
  builders.zones = () => {
    const group = L.featureGroup(data.zones.map((zone) => {
      const path = polygon(shape(zone.shape), "zones", "zone", { interactive: true });
      path.said = zone.name;
      return path;
    }));
    hover(group, (e) => make("div", "", make("b", "", e.layer.said ?? "No stop here"), make("span", "", "no stop here")));
    return group;
  };

  /* Marks stand on their place, or beside it, in pixels; a set is shown and hidden together. */
  const sets = {};
  function marks(kind, items) {
    const set = sets[kind] = { items, shown: false };
    const layer = L.layerGroup();
    layer.on("add", () => {
      set.shown = true;
      for (const item of items) (layer._map ?? hotspotsPage.map).getPane("marks").append(item.node);
      hotspotsPage.place();
    });
    layer.on("remove", () => {
      set.shown = false;
      for (const item of items) item.node.remove();
      hotspotsPage.place();
    });
    return layer;
  }
  function still(className, label, ...face) {
    const node = make("span", `mark ${className}`, ...face);
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
    node.title = label;
    return node;
  }
  const leaders = L.layerGroup();
  builders.hotspots = () => {
    const group = L.featureGroup();
    group.paths = data.hotspots.map((h, i) => {
      const latlngs = shape(h.shape);
      const path = polygon(latlngs, "hotspots", "hotspot", { interactive: true });
      path.hotspot = i;
      group.addLayer(polygon(latlngs, "hotspots", "halo", { fill: false })).addLayer(path);
      return path;
    });
    hover(group, (e) => make("div", "", make("b", "", `Hotspot ${data.hotspots[e.layer.hotspot].rank} · ${data.hotspots[e.layer.hotspot].name}`)));
    const discs = marks("hotspots", data.hotspots.map((h, i) => ({
      i, points: group.paths[i].getLatLngs().flat(2),
      node: still("of-hotspots", `Hotspot ${h.rank}, ${h.name}`, make("span", "disc", String(h.rank))),
    })));
    return group.addLayer(discs).addLayer(leaders);
  };
  builders.provision = () => marks("provision", data.provision.map((service) => {
    const house = makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, makeSvg("path", { class: "service", d: "M8 1.5 14.5 7.2H13V14H3V7.2H1.5z" }));
    const hours = service.hours ? `, ${service.hours}` : "";
    return { latlng: decode(service.at)[0], node: still("of-provision", `Existing service: ${service.name}, reach ${service.reach} m${hours}`, house) };
  }));

  /* Sites: one button each, its looks following the choice. */
  const pin = () => makeSvg("svg", { class: "pin", viewBox: "0 0 12 16", "aria-hidden": "true" }, makeSvg("path", { d: "M6 .8a5 5 0 0 0-5 5c0 3.6 5 9.4 5 9.4s5-5.8 5-9.4a5 5 0 0 0-5-5zm0 3.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z", "fill-rule": "evenodd" }));
  const buttons = data.sites.map((site, i) => {
    const button = make("button", `mark of-sites ${site.status}`, make("span", "box"));
    if (site.status === "fixed") button.append(pin());
    button.type = "button";
    button.tabIndex = -1;
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", () => hotspotsPage.toggle(i, { from: "map" }));
    button.addEventListener("mouseenter", () => { button.title = button.getAttribute("aria-label"); });
    button.addEventListener("keydown", (e) => step(e, i));
    button.addEventListener("focus", () => {
      hotspotsPage.map.getContainer().scrollTo(0, 0);
      if (!button.matches(":focus-visible")) return;
      hotspotsPage.map.panInside(at[i], { padding: [60, 60], animate: false });
      hotspotsPage.select(i, { from: "map" });
    });
    return button;
  });
  /* One stop of the tabulator for all of them; arrow keys go to the next one in their direction. */
  const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  function step(e, i) {
    const way = WAYS[e.key];
    if (!way) return;
    e.preventDefault();
    e.stopPropagation();
    const from = hotspotsPage.map.latLngToLayerPoint(at[i]);
    let [best, least] = [-1, Infinity];
    buttons.forEach((button, k) => {
      if (k === i || !button.isConnected) return;
      const p = hotspotsPage.map.latLngToLayerPoint(at[k]).subtract(from);
      const [along, aside] = [p.x * way[0] + p.y * way[1], Math.abs(p.x * way[1]) + Math.abs(p.y * way[0])];
      if (along > 0 && along + 2 * aside < least) [best, least] = [k, along + 2 * aside];
    });
    if (best >= 0) buttons[best].focus();
  }
  let chosen = [];
  const circles = [];
  const reach = L.layerGroup();
  builders.reach = () => reach;
  const shown = { stops: false, candidates: false };
  for (const kind of ["stops", "candidates"]) {
    builders[kind] = () => {
      const layer = L.layerGroup();
      for (const [when, on] of [["add", true], ["remove", false]]) {
        layer.on(when, () => {
          shown[kind] = on;
          putSites(layer._map ?? hotspotsPage.map);
        });
      }
      return layer;
    };
  }
  const settle = (map, i) => L.DomUtil.setPosition(buttons[i], map.latLngToLayerPoint(at[i]));
  function putSites(map) {
    buttons.forEach((button, i) => {
      const wanted = chosen.includes(i) ? shown.stops : shown.candidates;
      if (wanted === button.isConnected) return;
      if (wanted) {
        map.getPane("marks").append(button);
        settle(map, i);
      } else {
        button.remove();
      }
    });
    placeDiscs();
  }
  hotspotsPage.showSites = function (now, said) {
    chosen = now;
    const { radius } = data.rules;
    buttons.forEach((button, i) => {
      const number = chosen.indexOf(i) + 1;
      if (button.number !== number) {
        button.number = number;
        button.classList.toggle("is-stop", number > 0);
        button.firstChild.textContent = number || "";
        button.setAttribute("aria-pressed", String(number > 0));
      }
      button.setAttribute("aria-label", said(i, number));
    });
    reach.clearLayers();
    if (radius !== null) {
      const circle = (i, className) => L.circle(at[i], { pane: "reach", className, radius, interactive: false });
      for (const i of chosen) reach.addLayer(circles[i] ??= L.layerGroup([circle(i, "reach-halo"), circle(i, "reach")]));
    }
    if (hotspotsPage.map) putSites(hotspotsPage.map);
    else hotspotsPage.place();
  };
  hotspotsPage.markSite = function (i) {
    buttons.forEach((button, k) => {
      button.classList.toggle("current", k === i);
      button.tabIndex = k === i ? 0 : -1;
    });
  };
  hotspotsPage.siteButtons = buttons;
  hotspotsPage.sitePlaces = at;

  /* Placement: sites and services on their point; discs beside their hotspot, clear of stops, services and each other. */
  hotspotsPage.place = function () {
    const { map } = hotspotsPage;
    if (!map) return;
    const bounds = map.getBounds();
    // Hundreds of squares would hide what the map is about: then candidates are dots until somebody looks closer.
    map.getContainer().classList.toggle("crowded", at.filter((one) => bounds.contains(one)).length > CROWD);
    buttons.forEach((button, i) => button.isConnected && settle(map, i));
    for (const item of sets.provision?.shown ? sets.provision.items : []) L.DomUtil.setPosition(item.node, map.latLngToLayerPoint(item.latlng));
    placeDiscs();
  };
  function placeDiscs() {
    const { map } = hotspotsPage;
    if (!map) return;
    const taken = [];
    const small = [];
    leaders.clearLayers();
    buttons.forEach((button, i) => button.isConnected && (button.number ? taken : small).push(L.DomUtil.getPosition(button)));
    for (const item of sets.provision?.shown ? sets.provision.items : []) taken.push(L.DomUtil.getPosition(item.node));
    const seats = (sets.hotspots?.shown ? sets.hotspots.items : []).map((item) => {
      const pixels = item.points.map((point) => map.latLngToLayerPoint(point));
      const box = L.bounds(pixels);
      return { item, pixels, box, centre: box.getCenter() };
    });
    for (const seat of seats) {
      const p = free(seat, seats, taken, small);
      taken.push(p);
      L.DomUtil.setPosition(seat.item.node, p.round());
      if (!p.far) continue;
      const nearest = seat.pixels.reduce((a, b) => (a.distanceTo(p) <= b.distanceTo(p) ? a : b));
      leaders.addLayer(L.polyline([p, nearest].map((one) => map.layerPointToLatLng(one)), { pane: "chosen", className: "leader of-hotspots", interactive: false }));
    }
    hotspotsPage.taken = taken;
  }
  function free(seat, seats, taken, all) {
    const far = seat.box.getSize().x + seat.box.getSize().y + 10 * RADIUS;
    const small = all.filter((p) => p.distanceTo(seat.centre) < far);
    let [best, least] = [null, Infinity];
    for (let ring = 0; ring < 7; ring += 1) {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const half = Math.ceil(turn / 2) * (turn % 2 ? 1 : -1);
        const angle = -Math.PI / 4 + (half * 2 * Math.PI) / TURNS;
        const way = L.point(Math.cos(angle), Math.sin(angle));
        const edge = Math.max(...seat.pixels.map((p) => (p.x - seat.centre.x) * way.x + (p.y - seat.centre.y) * way.y));
        const p = seat.centre.add(way.multiplyBy(edge + RADIUS + 5 + ring * 14));
        p.far = ring > 0;
        let cost = ring * 0.5;
        for (const other of taken) cost += Math.max(0, 2 * RADIUS + 4 - p.distanceTo(other)) * 3;
        // A site under a disc could not be seen; better that than a disc far from what it names.
        for (const other of small) cost += Math.max(0, RADIUS + 7 - p.distanceTo(other)) * 0.1;
        for (const { box } of seats) {
          if (box === seat.box) continue;
          const [dx, dy] = [Math.max(box.min.x - p.x, 0, p.x - box.max.x), Math.max(box.min.y - p.y, 0, p.y - box.max.y)];
          cost += Math.max(0, RADIUS + 3 - Math.hypot(dx, dy));
        }
        if (cost < least) [best, least] = [p, cost];
        if (cost === ring * 0.5) return best;
      }
    }
    return best;
  }
})();
