/* The map's layers, drawn from the page's data. Text from the data is only ever set as text. */
"use strict";
const hotspotsPage = window.hotspotsPage = { map: null, layers: {}, data: null };

(function () {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const PER_DEGREE = 1e5;
  hotspotsPage.data = data;

  // Panes keep the order of the voices: ground, areas, veil, findings.
  const PANES = { ground: 210, areas: 300, veil: 310, locations: 320, outline: 330, labels: 340, chosen: 350, hotspots: 360, marks: 600 };
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
  let areaShapes = null;
  const shapeOfArea = (i) => (areaShapes ??= data.areas.shape.map(shape))[i];
  function areas(measure) {
    const group = L.featureGroup();
    const paths = [];
    group.paths = paths;
    group.measure = measure;
    const add = group.onAdd;
    group.onAdd = function (map) {
      if (!paths.length) {
        data.areas.classes[measure].forEach((number, i) => {
          const look = number === null ? "no-data" : `m${measure} class-${number}`;
          const path = polygon(shapeOfArea(i), "areas", `area ${look}`, { interactive: true });
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
    const rated = a.classes[measure][i] === null ? "no data" : `${rate(a.rates[measure][i])} · ${data.measures[measure].title}`;
    tip.append(make("span", "", rated));
    if (a.n[i] !== null) tip.append(make("span", "", `${count(a.n[i])} in ${data.window}, ${count(a.month[i])} in ${data.month}`));
    const near = hotspotsPage.nearestLocation?.(latlng) ?? -1;
    if (near >= 0) {
      const l = data.locations;
      const street = l.street.words[l.street.rows[near]] ?? "Location without a name";
      tip.append(make("b", "", street), make("span", "", `${count(l.n[near])} at or near this point`));
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

  /* Incident locations: one canvas, one circle per distinct point, its area in proportion to the count. */
  const Locations = L.Layer.extend({
    onAdd(map) {
      this.points ??= decode(data.locations.at);
      this.canvas = map.getPane("locations").appendChild(make("canvas", "locations"));
      map.on("moveend zoomend resize viewreset", this.draw, this);
      this.draw();
      hotspotsPage.nearestLocation = (latlng) => this.nearest(latlng);
    },
    /* On paper a canvas may come out opaque: there the same circles are one path. */
    print(on) {
      this.paper?.remove();
      this.canvas.hidden = on;
      if (!on) return;
      const map = this._map;
      const size = map.getSize();
      const view = map.getBounds();
      const parts = [];
      this.points.forEach((at, i) => {
        if (!view.contains(at)) return;
        const p = map.latLngToContainerPoint(at);
        const r = this.radius(data.locations.n[i], map.getZoom()).toFixed(1);
        parts.push(`M${p.x - r} ${p.y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`);
      });
      this.paper = makeSvg("svg", { class: "locations", width: size.x, height: size.y },
        makeSvg("path", { class: "location-sign", d: parts.join("") }));
      L.DomUtil.setPosition(this.paper, map.containerPointToLayerPoint([0, 0]));
      map.getPane("locations").append(this.paper);
    },
    onRemove(map) {
      map.off("moveend zoomend resize viewreset", this.draw, this);
      this.paper?.remove();
      this.canvas.remove();
      hotspotsPage.nearestLocation = null;
    },
    radius(n, zoom) {
      return Math.min(14, Math.max(0.9, 1.5 * Math.sqrt(n) * 1.26 ** (zoom - 12)));
    },
    draw() {
      const map = this._map;
      const size = map.getSize();
      const ratio = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
      this.canvas.width = size.x * ratio;
      this.canvas.height = size.y * ratio;
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const view = map.getBounds().pad(0.05);
      // Thousands of circles in one view would be a carpet: the more, the fainter.
      const seen = this.points.reduce((sum, at) => sum + view.contains(at), 0);
      pen.fillStyle = `rgba(40, 48, 56, ${Math.min(0.38, Math.max(0.13, 17 / Math.sqrt(seen)))})`;
      this.points.forEach((at, i) => {
        if (!view.contains(at)) return;
        const p = map.latLngToContainerPoint(at);
        pen.beginPath();
        pen.arc(p.x, p.y, this.radius(data.locations.n[i], map.getZoom()), 0, 2 * Math.PI);
        pen.fill();
      });
    },
    nearest(latlng) {
      const map = this._map;
      const cursor = map.latLngToContainerPoint(latlng);
      const reach = 12;
      const edge = map.containerPointToLatLng(cursor.add([reach, reach]));
      const [dx, dy] = [Math.abs(edge.lng - latlng.lng), Math.abs(edge.lat - latlng.lat)];
      let [best, found] = [Infinity, -1];
      this.points.forEach((at, i) => {
        if (Math.abs(at.lng - latlng.lng) > dx || Math.abs(at.lat - latlng.lat) > dy) return;
        const over = map.latLngToContainerPoint(at).distanceTo(cursor) - this.radius(data.locations.n[i], map.getZoom());
        if (over < best && over < 3) [best, found] = [over, i];
      });
      return found;
    },
  });

  const builders = { areas, neighbours, veil, outline, hotspots, locations: () => new Locations() };
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
  Object.assign(hotspotsPage, { tools: { decode, shape, shapeOfArea, polygon, make, makeSvg, count, rate, hover, outlineShape, showWhole } });
})();
