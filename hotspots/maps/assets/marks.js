/* Discs, signs of events and borough labels: small things in pixel space that must not cover what they name. */
(function () {
  const { data, builders, tools } = hotspotsPage;
  const { decode, hover, make, shape, outlineShape } = tools;
  const RADIUS = 15;
  const GAP = 5;
  const TURNS = 16;
  const sets = {};

  function markButton(kind, i, label, face) {
    const button = make("button", `mark of-${kind}`, ...face);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-pressed", "false");
    button.title = label;
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", () => hotspotsPage.choose(kind, i, { from: "map" }));
    // A focused mark may lie outside the frame: bring it in rather than let the browser scroll the map's box.
    button.addEventListener("focus", () => {
      hotspotsPage.map.getContainer().scrollTo(0, 0);
      if (button.matches(":focus-visible")) hotspotsPage.map.panInside(sets[kind].items.find((item) => item.i === i).anchor, { padding: [60, 60], animate: false });
    });
    return button;
  }

  /* A set of marks that is switched on and off together; the layer of discs rides on the hotspots' layer. */
  function marks(kind, items) {
    const leaders = L.layerGroup();
    const set = { kind, items, leaders, shown: false };
    sets[kind] = set;
    return {
      show(map) {
        set.shown = true;
        leaders.addTo(map);
        for (const item of items) if (!item.left) put(item, map);
        hotspotsPage.place();
      },
      hide() {
        set.shown = false;
        leaders.remove();
        for (const item of items) take(item);
        hotspotsPage.place();
      },
    };
  }
  function put(item, map) {
    map.getPane("marks").append(item.button);
    item.ground?.addTo(map);
  }
  function take(item) {
    item.button.remove();
    item.ground?.remove();
  }

  function withMarks(layer, set) {
    layer.on("add", () => set.show(hotspotsPage.map ?? layer._map));
    layer.on("remove", () => set.hide());
    return layer;
  }

  const plainHotspots = builders.hotspots;
  builders.hotspots = () => {
    const items = data.hotspots.map((h, i) => {
      const face = [make("span", "disc", String(h.rank))];
      if (h.sign) face.push(make("span", "badge", h.sign));
      const points = shape(h.shape).flat(2);
      const label = `Hotspot ${h.rank}, ${h.name}: ${h.month} in ${data.month}, ${h.status ? `${h.status}, ` : ""}${h.change}`;
      return { i, points, anchor: L.latLngBounds(points).getCenter(), button: markButton("hotspots", i, label, face) };
    });
    return withMarks(plainHotspots(), marks("hotspots", items));
  };

  /* The sign of an event, as its row has it. */
  hotspotsPage.eventMark = (i) => document.querySelector(`#table-events tr[data-i="${i}"] .event-mark`).cloneNode(true);
  const said = (i) => `${hotspotsPage.eventWhen?.(i) ?? data.events[i].when}, ${data.events[i].risk ? `${data.events[i].risk} risk` : "risk not graded"}`;
  const named = (i) => `Event, ${data.events[i].kind}: ${data.events[i].title}, ${said(i)}`;
  hotspotsPage.nameMark = function (i) {
    const button = hotspotsPage.markOf("events", i);
    button?.setAttribute("aria-label", named(i));
    if (button) button.title = named(i);
  };
  builders.events = () => {
    const items = [];
    data.events.forEach((e, i) => {
      if (!e.at) return;
      const [at] = decode(e.at);
      items[i] = { i, points: [at], anchor: at, button: markButton("events", i, named(i), [hotspotsPage.eventMark(i)]) };
    });
    // The ground and the route of an event, in its colour, go with its mark and say whose they are.
    for (const item of items.filter(Boolean)) {
      const e = data.events[item.i];
      if (!e.shape) continue;
      const look = { pane: "chosen", className: "event-ground" };
      item.ground = L.featureGroup(e.shape.route.map((line) => L.polyline(decode(line), look)));
      if (e.shape.ground.length) item.ground.addLayer(L.polygon(shape(e.shape.ground), look));
      hover(item.ground, () => make("div", "", make("b", "", e.title), make("span", "", said(item.i))));
      item.ground.on("click", () => hotspotsPage.choose("events", item.i, { from: "map" }));
    }
    return withMarks(L.layerGroup(), marks("events", items.filter(Boolean)));
  };

  /* Leave out the marks that a choice leaves out. */
  hotspotsPage.showMarks = function (kind, held) {
    const set = sets[kind];
    for (const item of set?.items ?? []) {
      item.left = !held(item.i);
      if (item.left) take(item);
      else if (set.shown) put(item, hotspotsPage.map);
    }
    hotspotsPage.place();
  };
  hotspotsPage.markOf = (kind, i) => sets[kind]?.items.find((item) => item.i === i)?.button;

  /* Placement: events on their point unless they would hide a small hotspot, discs beside
     their polygon; the first free seat, nearest ring first, from the upper right around. The same zoom gives the same picture. */
  hotspotsPage.place = function () {
    const map = hotspotsPage.map;
    if (!map) return;
    const shown = Object.values(sets).filter((set) => set.shown).sort((a, b) => (a.kind < b.kind ? -1 : 1));
    const seats = shown.flatMap((set) => set.items.filter((item) => !item.left).map((item) => measure(map, set, item)));
    const polygons = seats.filter((seat) => seat.kind === "hotspots");
    const taken = [];
    for (const set of shown) set.leaders.clearLayers();
    for (const seat of seats) {
      const at = free(seat, polygons, taken);
      taken.push(at);
      L.DomUtil.setPosition(seat.item.button, at.subtract([RADIUS - 1, RADIUS - 1]).round());
      if (at.far) leader(map, seat, at);
    }
    hotspotsPage.taken = taken;
    hotspotsPage.settleWards?.();
  };
  function measure(map, set, item) {
    const pixels = item.points.map((point) => map.latLngToLayerPoint(point));
    const box = L.bounds(pixels);
    return { kind: set.kind, set, item, pixels, box, centre: box.getCenter() };
  }
  function free(seat, polygons, taken) {
    const isEvent = seat.kind === "events";
    const hides = (other) => other.box.getSize().x < 2 * RADIUS && other.box.getCenter().distanceTo(seat.centre) < RADIUS + other.box.getSize().x / 2;
    if (isEvent && !taken.some((other) => other.distanceTo(seat.centre) < 2 * RADIUS) && !polygons.some(hides)) return seat.centre;
    let [best, least] = [null, Infinity];
    for (let ring = 0; ring < 7; ring += 1) {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const half = Math.ceil(turn / 2) * (turn % 2 ? 1 : -1);
        const angle = -Math.PI / 4 + (half * 2 * Math.PI) / TURNS;
        const way = L.point(Math.cos(angle), Math.sin(angle));
        const reach = Math.max(...seat.pixels.map((p) => (p.x - seat.centre.x) * way.x + (p.y - seat.centre.y) * way.y));
        const at = seat.centre.add(way.multiplyBy(reach + RADIUS + GAP + ring * 14));
        at.far = isEvent || ring > 0;
        const cost = overlap(at, seat, polygons, taken) + ring * 0.5;
        if (cost < least) [best, least] = [at, cost];
        if (cost === ring * 0.5) return best;
      }
    }
    return best;
  }
  function overlap(at, seat, polygons, taken) {
    let cost = 0;
    for (const other of taken) cost += Math.max(0, 2 * RADIUS + 6 - at.distanceTo(other)) * 3;
    for (const other of polygons) {
      if (other === seat) continue;
      const dx = Math.max(other.box.min.x - at.x, 0, at.x - other.box.max.x);
      const dy = Math.max(other.box.min.y - at.y, 0, at.y - other.box.max.y);
      cost += Math.max(0, RADIUS + 3 - Math.hypot(dx, dy));
    }
    return cost;
  }
  function leader(map, seat, at) {
    const nearest = seat.pixels.reduce((a, b) => (a.distanceTo(at) <= b.distanceTo(at) ? a : b));
    const line = [map.layerPointToLatLng(at), map.layerPointToLatLng(nearest)];
    seat.set.leaders.addLayer(L.polyline(line, { pane: "chosen", className: `leader of-${seat.kind}`, interactive: false }));
  }

  /* Borough names: quiet, inside their own ground, never on the area, a disc, another name or a control. */
  const inRing = (x, y, ring) => {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [a, b] = [ring[i], ring[j]];
      if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
    }
    return inside;
  };
  const within = (x, y, rings) => rings.reduce((odd, ring) => odd !== inRing(x, y, ring), false);
  builders.labels = () => {
    const names = data.neighbours.name.map((name, i) => ({
      rings: data.neighbours.shape[i].flat(1).map(decode), node: make("span", "place", name ?? ""),
    })).filter((name) => name.node.textContent);
    const layer = new (L.Layer.extend({
      onAdd(map) {
        for (const name of names) map.getPane("labels").append(name.node);
        map.on("moveend zoomend resize", settle);
      },
      onRemove(map) {
        map.off("moveend zoomend resize", settle);
        for (const name of names) name.node.remove();
      },
    }))();
    const settle = () => settleLabels(hotspotsPage.map, names);
    layer.settle = settle;
    return layer;
  };
  /* Boxes that a name must leave free: controls, the legend, discs and signs of events. */
  function blockedBoxes(map, room = 6) {
    const blocked = controlBoxes(map);
    for (const at of hotspotsPage.taken ?? []) {
      const p = map.layerPointToContainerPoint(at);
      blocked.push([p.x - RADIUS - room, p.y - RADIUS - 6, p.x + RADIUS + 6, p.y + RADIUS + room]);
    }
    return blocked;
  }
  function settleLabels(map, names) {
    if (!map) return;
    const size = map.getSize();
    const toPixels = (ring) => ring.map((point) => map.latLngToContainerPoint(point));
    const area = outlineShape.flat(1).map(toPixels);
    const blocked = blockedBoxes(map);
    for (const name of names) {
      const rings = name.rings.map(toPixels);
      const half = L.point(name.node.offsetWidth / 2 + 6, name.node.offsetHeight / 2 + 3);
      const at = labelSeat(rings, half, size, area, blocked);
      name.node.style.visibility = at ? "visible" : "hidden";
      if (!at) continue;
      blocked.push([at.x - half.x, at.y - half.y, at.x + half.x, at.y + half.y]);
      L.DomUtil.setPosition(name.node, map.containerPointToLayerPoint(at.subtract(half).add([6, 3])).round());
    }
  }
  function controlBoxes(map) {
    const frame = map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll(".leaflet-control, .legend")].map((node) => {
      const box = node.getBoundingClientRect();
      return [box.left - frame.left - 4, box.top - frame.top - 4, box.right - frame.left + 4, box.bottom - frame.top + 4];
    });
  }
  function labelSeat(rings, half, size, area, blocked) {
    const box = L.bounds(rings.flat());
    const low = L.point(Math.max(box.min.x, half.x), Math.max(box.min.y, half.y));
    const high = L.point(Math.min(box.max.x, size.x - half.x), Math.min(box.max.y, size.y - half.y));
    if (low.x >= high.x || low.y >= high.y) return null;
    let [best, most] = [null, 0];
    const STEPS = 12;
    for (let i = 1; i < STEPS; i += 1) {
      for (let j = 1; j < STEPS; j += 1) {
        const at = L.point(low.x + ((high.x - low.x) * i) / STEPS, low.y + ((high.y - low.y) * j) / STEPS);
        const hit = blocked.some((b) => at.x + half.x > b[0] && at.x - half.x < b[2] && at.y + half.y > b[1] && at.y - half.y < b[3]);
        if (hit || !boxWithin(at, half, rings, area)) continue;
        // The roomiest seat: far from the borough's edge and from the frame's.
        const edge = Math.min(at.x, size.x - at.x, at.y, size.y - at.y);
        const room = rings.flat().reduce((least, p) => Math.min(least, p.distanceTo(at)), edge);
        if (room > most) [best, most] = [at, room];
      }
    }
    return best;
  }
  function boxWithin(at, half, rings, area) {
    for (const dx of [-1, -0.5, 0, 0.5, 1]) {
      for (const dy of [-1, 1]) {
        const [x, y] = [at.x + dx * half.x, at.y + dy * half.y];
        if (!within(x, y, rings) || within(x, y, area)) return false;
      }
    }
    const covers = (p) => Math.abs(p.x - at.x) < half.x + 4 && Math.abs(p.y - at.y) < half.y + 4;
    return !area.some((ring) => ring.some(covers));
  }
  Object.assign(tools, { blockedBoxes, labelSeat, within });
})();
