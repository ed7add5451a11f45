/* What every map page stands on: the data, the panes, shapes, the tooltip, the ground and the way layers are made. */
"use strict";
const hotspotsPage = window.hotspotsPage = { map: null, layers: {}, data: null };

(function () {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const PER_DEGREE = 1e5;
  hotspotsPage.data = data;

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

  const builders = { neighbours, veil, outline };
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
  Object.assign(hotspotsPage, { tools: { decode, shape, polygon, make, makeSvg, count, rate, hover, outlineShape, showWhole } });
})();
