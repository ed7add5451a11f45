/* The map's layers, drawn from the page's data. Text from the data is only ever set as text. */
"use strict";
const hotspotsPage = window.hotspotsPage = { map: null, layers: {}, data: null };

(function () {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const PER_DEGREE = 1e5;
  for (const [name, column] of Object.entries(data.rows.columns)) data.rows[name] = hotspotsDecode.column(column);
  const outlines = hotspotsDecode.topology(data.areas.shape, data.origin);
  const street = hotspotsDecode.labels(data.locations.street);
  hotspotsPage.data = data;
  // What is shown: all of the window, until the view says otherwise.
  hotspotsPage.plain = true;
  hotspotsPage.shown = { rates: data.areas.rates, classes: data.areas.classes };

  // Panes keep the order of the voices: ground, areas, veil, findings.
  const PANES = { ground: 210, areas: 300, veil: 310, density: 315, locations: 320, outline: 330, labels: 340, chosen: 350, hotspots: 360, marks: 600 };
  L.Map.addInitHook(function () {
    for (const [name, z] of Object.entries(PANES)) this.createPane(name).style.zIndex = z;
    // Fitted before the first layer is added, so that thousands of areas are drawn once.
    showWhole(this);
    this.setMaxZoom(18);
  });
  L.Renderer.mergeOptions({ padding: 0.4 });

  function decode(numbers) {
    let [x, y] = data.origin;
    const points = [];
    for (let i = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      points.push(L.latLng(y / PER_DEGREE, x / PER_DEGREE));
    }
    return points;
  }
  const shape = (polygons) => polygons.map((rings) => rings.map(decode));
  const polygon = (latlngs, pane, className, more) =>
    L.polygon(latlngs, { pane, className, smoothFactor: 0.4, interactive: false, ...more });

  /* An element with classes and plain-text children: the only way this page makes text. */
  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }
  const SVG = "http://www.w3.org/2000/svg";
  function makeSvg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const count = (n) => (n === null ? "–" : n === 0.05 ? "<0.1" : n.toLocaleString("en-GB"));
  const rate = (n) => (n === null ? "–" : n === 0.05 ? "<0.1" : n >= 10 || n === 0 ? count(Math.round(n)) : n.toFixed(1));

  /* Areas: one set of shapes, one layer per measure, made when it is first shown. */
  const areaShapes = [];
  const shapeOfArea = (i) => areaShapes[i] || (areaShapes[i] = outlines.latlngs(i));
  function areas(measure) {
    const group = L.featureGroup();
    const paths = [];
    group.paths = paths;
    group.measure = measure;
    const look = (i) => {
      const number = hotspotsPage.shown.classes[measure][i];
      return `area ${number === null ? "no-data" : `m${measure} class-${number}`}`;
    };
    group.repaint = () => {
      paths.forEach((path, i) => {
        const wanted = look(i);
        if (path.options.className === wanted) return;
        const element = path.getElement();
        element?.classList.remove(...path.options.className.split(" "));
        element?.classList.add(...wanted.split(" "));
        path.options.className = wanted;
      });
    };
    const add = group.onAdd;
    group.onAdd = function (map) {
      if (!paths.length) {
        data.areas.code.forEach((_, i) => {
          const path = polygon(shapeOfArea(i), "areas", look(i), { interactive: true });
          path.area = i;
          paths.push(path);
          this.addLayer(path);
        });
        hover(this, (e) => areaTip(e.layer.area, measure, e.latlng));
        this.on("click", (e) => hotspotsPage.choose("areas", e.layer.area, { from: "map" }));
      }
      add.call(this, map);
    };
    return group;
  }
  function areaTip(i, measure, latlng) {
    const a = data.areas;
    const tip = make("div", "", make("b", "", a.name[i]));
    tip.append(make("span", "", `${hotspotsPage.said(measure, i)} · ${hotspotsPage.scale(measure).title}`));
    const all = `${count(a.n[i])} in ${data.window}`;
    const counts = hotspotsPage.plain ? `${all}, ${count(a.month[i])} in ${data.month}` : `${count(hotspotsPage.shown.areas[i])} shown of ${all}`;
    if (a.n[i] !== null) tip.append(make("span", "", counts));
    const { locations: discs } = hotspotsPage.layers;
    const near = hotspotsPage.map.hasLayer(discs) ? discs.hit(latlng) : -1;
    if (near >= 0) {
      const name = street.words[street.rows[near]] ?? "Location without a name";
      tip.append(make("b", "", name), make("span", "", `${count(hotspotsPage.shown.locations[near])} at or near this point`));
    }
    return tip;
  }

  /* One tooltip for everything under the pointer; its content is an element, never a string. */
  const tooltip = L.tooltip({ className: "tip", direction: "right", offset: [14, 0], opacity: 1 });
  function hover(group, content) {
    let waiting = 0;
    group.on("mousemove", (e) => {
      if (waiting) return;
      waiting = requestAnimationFrame(() => {
        waiting = 0;
        tooltip.setContent(content(e)).setLatLng(e.latlng);
        if (!hotspotsPage.map.hasLayer(tooltip)) tooltip.addTo(hotspotsPage.map);
      });
    });
    group.on("mouseout remove", () => {
      cancelAnimationFrame(waiting);
      waiting = 0;
      tooltip.remove();
    });
  }

  /* What the method drew in an earlier month, while that month is shown. */
  function drawn() {
    const group = L.layerGroup();
    group.setMonth = (month) => {
      group.clearLayers();
      for (const then of data.drawn) {
        if (then.month !== month) continue;
        for (const one of then.shape) group.addLayer(polygon(shape(one), "hotspots", "drawn", { fill: false }));
      }
    };
    return group;
  }
  /* The densest ground: the less of the area it takes, the heavier its line. */
  const density = () => L.layerGroup(data.bands.map((band, at) => polygon(shape(band), "density", `density band-${at}`)));
  function neighbours() {
    return L.layerGroup(data.neighbours.shape.map((s) => polygon(shape(s), "ground", "neighbour")));
  }
  const outlineShape = shape(data.outline);
  const outline = () => polygon(outlineShape, "outline", "outline", { fill: false });
  function showWhole(map) {
    const bounds = L.latLngBounds(outlineShape.flat(2));
    const legend = document.querySelector(".legend[open]");
    const { x, y } = map.getSize();
    const wide = x > 560;
    const fit = (left) => map.fitBounds(bounds, { paddingTopLeft: [left, 58], paddingBottomRight: [wide ? 24 : 12, wide ? 20 : 30], animate: false });
    fit(wide ? 24 : 12);
    if (!wide || !legend) return;
    // Beside the legend where the two would overlap and the area would not become much smaller.
    const [right, top] = [legend.offsetWidth + 30, y - legend.offsetHeight - 30];
    const covered = (point) => {
      const p = map.latLngToContainerPoint(point);
      return p.x < right && p.y > top;
    };
    const before = map.getZoom();
    if (!outlineShape.flat(2).some(covered)) return;
    fit(right);
    if (map.getZoom() < before - 0.75) fit(24);
  }
  function veil() {
    const b = L.latLngBounds(outlineShape.flat(2)).pad(12);
    const around = [b.getSouthWest(), b.getNorthWest(), b.getNorthEast(), b.getSouthEast()];
    return polygon([around, ...outlineShape.flat(1)], "veil", "veil", { stroke: false, noClip: true });
  }

  function hotspots() {
    const group = L.featureGroup();
    group.paths = data.hotspots.map((h, i) => {
      const latlngs = shape(h.shape);
      const path = polygon(latlngs, "hotspots", `hotspot ${h.status ?? ""}`.trim(), { interactive: true });
      path.hotspot = i;
      group.addLayer(polygon(latlngs, "hotspots", "halo", { fill: false })).addLayer(path);
      return path;
    });
    for (const place of data.beside) group.addLayer(polygon(shape(place.shape), "hotspots", "beside"));
    hover(group, (e) => {
      const h = data.hotspots[e.layer.hotspot];
      const usual = h.usual === "–" ? "" : `, usual ${h.usual}`;
      return make("div", "", make("b", "", `${h.rank} · ${h.name}`), make("span", "", `${h.month} in ${data.month}${usual}`));
    });
    group.on("click", (e) => hotspotsPage.choose("hotspots", e.layer.hotspot, { from: "map" }));
    return group;
  }

  /* Incident locations: one circle per distinct point, its area in proportion to the count. */
  const { lat, lon } = hotspotsDecode.places(data.locations.at, data.origin);
  const locations = () => hotspotsPoints.layer({ lat, lon, pane: "locations" });
  function areaBounds() {
    const boxes = data.areas.code.map((_, i) => outlines.bounds(i)).filter(Boolean);
    return boxes.map(([west, south, east, north]) => L.latLngBounds([south, west], [north, east]));
  }
  const builders = { areas, neighbours, veil, outline, hotspots, drawn, density, locations };
  hotspotsPage.builders = builders;
  hotspotsPage.layer = function (kind, index) {
    const layer = builders[kind](index);
    if (kind === "areas") (hotspotsPage.layers.areas ??= [])[index] = layer;
    else hotspotsPage.layers[kind] = layer;
    return layer;
  };
  hotspotsPage.start = (map) => {
    hotspotsPage.map = map;
  };
  Object.assign(hotspotsPage, { tools: { decode, shape, shapeOfArea, polygon, make, makeSvg, count, rate, hover, outlineShape, showWhole, areaBounds, nLocations: lat.length } });
})();
