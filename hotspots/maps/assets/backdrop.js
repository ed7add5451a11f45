/* The backdrop: water and roads on one canvas under the veil, place names as text where nothing else stands. */
(function () {
  const PER_DEGREE = 1e5;
  const PAD = 0.15;
  const GAP = 5;
  const GAP_BEYOND = 16;
  const MOST_NAMES = 60;
  const RADIUS = 15;
  /* Widths in pixels at zoom 12, per class; the main ones have a light edge. */
  const WIDTHS = { 1: 2.3, 2: 1.8, 3: 1.25, 4: 0.8, 5: 0.55 };
  const EDGED = 3;
  const GROWTH = 1.28;
  const WIDEST = 7;
  const STREAM = 1.1;

  /* Whole numbers become points in the world of zoom 0, once; every view is then a shift and a factor. */
  function unpack(map, steps, origin) {
    const points = new Float64Array(steps.length);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    let [x, y] = origin;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      const at = map.project(L.latLng(y / PER_DEGREE, x / PER_DEGREE), 0);
      points[i] = at.x;
      points[i + 1] = at.y;
      box[0] = Math.min(box[0], at.x);
      box[1] = Math.min(box[1], at.y);
      box[2] = Math.max(box[2], at.x);
      box[3] = Math.max(box[3], at.y);
    }
    return { points, box };
  }
  /* Whether a place lies in the area: crossings of its rings to one side, odd or even. */
  function within(at, rings) {
    let odd = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
        const [a, b] = [ring[i], ring[j]];
        if (a.lat > at.lat !== b.lat > at.lat && at.lng < ((b.lng - a.lng) * (at.lat - a.lat)) / (b.lat - a.lat) + a.lng) odd = !odd;
      }
    }
    return odd;
  }
  const meets = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

  /* A pen that writes a path as text, for paper: there a canvas may come out opaque. */
  function writer() {
    const parts = [];
    return {
      moveTo: (x, y) => parts.push(`M${x.toFixed(1)} ${y.toFixed(1)}`),
      lineTo: (x, y) => parts.push(`L${x.toFixed(1)} ${y.toFixed(1)}`),
      closePath: () => parts.push("Z"),
      text: () => parts.join(""),
    };
  }
  function trace(pen, line, view, closed) {
    const { points } = line;
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i] * view.scale - view.x;
      const y = points[i + 1] * view.scale - view.y;
      if (i) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    }
    if (closed) pen.closePath();
  }

  const Backdrop = L.Layer.extend({
    initialize(data, tools) {
      this.data = data;
      this.tools = tools;
      this.ready = new Map();
      this.nodes = new Map();
    },
    onAdd(map) {
      for (const [name, z] of [["backdrop", 305], ["towns", 345]]) {
        if (!map.getPane(name)) map.createPane(name).style.zIndex = z;
        map.getPane(name).style.pointerEvents = "none";
      }
      map.getPane("towns").setAttribute("aria-hidden", "true");
      this.canvas = map.getPane("backdrop").appendChild(this.tools.make("canvas", "backdrop"));
      this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
      this.repaint = () => this.draw();
      this.scheme.addEventListener("change", this.repaint);
      this.later();
    },
    onRemove() {
      cancelAnimationFrame(this.waiting);
      this.waiting = 0;
      this.scheme.removeEventListener("change", this.repaint);
      this.canvas.remove();
      this.paper?.remove();
      for (const { node } of this.nodes.values()) node.remove();
      this.nodes.clear();
    },
    getEvents() {
      // After a zoom the old picture would stand at the wrong place for a frame; after a move it only slides.
      return { zoomend: this.both, viewreset: this.both, resize: this.both, moveend: this.later };
    },
    both() {
      this.draw();
      this.later();
    },
    later() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(() => {
        this.waiting = 0;
        this.draw();
        this.settle();
      });
    },

    /* What is drawn at this zoom, as points. */
    level() {
      const map = this._map;
      const { levels, origin } = this.data;
      const level = levels.find((one) => one.below_zoom === null || map.getZoom() < one.below_zoom) ?? levels[levels.length - 1];
      if (!this.ready.has(level)) {
        const line = (steps) => unpack(map, steps, origin);
        const roads = Object.keys(level.roads).sort().map((number) => ({ number: Number(number), lines: level.roads[number].map(line) }));
        this.ready.set(level, { roads, water: level.water.map((polygons) => polygons.flat(1).map(line)), streams: level.streams.map(line) });
      }
      return this.ready.get(level);
    },
    view(pad) {
      const map = this._map;
      const size = map.getSize();
      const margin = L.point(size.x * pad, size.y * pad).round();
      const corner = map.containerPointToLayerPoint([0, 0]).subtract(margin);
      const from = map.getPixelOrigin().add(corner);
      const scale = map.getZoomScale(map.getZoom(), 0);
      const [width, height] = [size.x + 2 * margin.x, size.y + 2 * margin.y];
      const box = [from.x / scale, from.y / scale, (from.x + width) / scale, (from.y + height) / scale];
      return { corner, width, height, x: from.x, y: from.y, scale, box };
    },
    width(number) {
      return Math.min(WIDEST, Math.max(0.4, WIDTHS[number] * GROWTH ** (this._map.getZoom() - 12)));
    },

    /* The strokes of a view from the bottom up: a class, a width, and what draws it. */
    strokes(view) {
      const { roads, water, streams } = this.level();
      const along = (lines) => (pen) => {
        for (const line of lines) if (meets(line.box, view.box)) trace(pen, line, view, false);
      };
      const grow = GROWTH ** (this._map.getZoom() - 12);
      const found = [
        { look: "water", fill: true, draw: (pen) => {
          for (const rings of water) for (const ring of rings) if (meets(ring.box, view.box)) trace(pen, ring, view, true);
        } },
        { look: "stream", width: Math.min(3, STREAM * grow), draw: along(streams) },
      ];
      const falling = [...roads].reverse();
      for (const { number, lines } of falling) {
        if (number <= EDGED) found.push({ look: "road-edge", width: this.width(number) + 1.8, draw: along(lines) });
      }
      for (const { number, lines } of falling) {
        found.push({ look: number <= EDGED ? "road" : "street", width: this.width(number), draw: along(lines) });
      }
      return found;
    },
    draw() {
      const map = this._map;
      if (!map || this.paper) return;
      const view = this.view(PAD);
      const ratio = window.devicePixelRatio || 1;
      const { canvas } = this;
      L.DomUtil.setPosition(canvas, view.corner);
      canvas.width = Math.round(view.width * ratio);
      canvas.height = Math.round(view.height * ratio);
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${view.height}px`;
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.lineJoin = "round";
      pen.lineCap = "round";
      // Colours are the style sheet's: they change with the scheme.
      const style = getComputedStyle(canvas);
      for (const stroke of this.strokes(view)) {
        const colour = style.getPropertyValue(`--${stroke.look}`).trim();
        pen.beginPath();
        stroke.draw(pen);
        if (stroke.fill) {
          pen.fillStyle = colour;
          pen.fill("evenodd");
        } else {
          pen.strokeStyle = colour;
          pen.lineWidth = stroke.width;
          pen.stroke();
        }
      }
    },
    /* On paper the same strokes are paths. To be called once the map has its printed size, and again after. */
    print(on) {
      this.paper?.remove();
      this.paper = null;
      this.canvas.hidden = on;
      if (!on) {
        this.both();
        return;
      }
      const { makeSvg } = this.tools;
      const view = this.view(0);
      const paths = this.strokes(view).map((stroke) => {
        const pen = writer();
        stroke.draw(pen);
        const width = stroke.fill ? {} : { "stroke-width": stroke.width.toFixed(2) };
        return makeSvg("path", { class: `backdrop-${stroke.look}`, d: pen.text(), ...width });
      });
      this.paper = makeSvg("svg", { class: "backdrop", width: view.width, height: view.height }, ...paths);
      L.DomUtil.setPosition(this.paper, view.corner);
      this._map.getPane("backdrop").append(this.paper);
      this.settle();
    },

    /* Place names: the area's own first, then the larger, on its point or just beside it, never on what is blocked.
       `blocked` holds boxes [left, top, right, bottom] in the map's own pixels; without it, what stands on the page. */
    settle(blocked) {
      const map = this._map;
      if (!map) return;
      const taken = [...(blocked ?? this.blocked())];
      const size = map.getSize();
      const zoom = map.getZoom();
      const shown = new Set();
      for (const i of this.order()) {
        if (shown.size >= MOST_NAMES) break;
        if (this.data.places.min_zoom[i] > zoom) continue;
        const p = map.latLngToContainerPoint(this.at[i]);
        if (p.x < 0 || p.y < 0 || p.x > size.x || p.y > size.y) continue;
        const name = this.node(i);
        const [w, h] = [name.half.x, name.half.y];
        const seats = [[0, 0], [0, -h - 6], [0, h + 6], [w * 0.6, -h - 4], [-w * 0.6, -h - 4], [w * 0.6, h + 4], [-w * 0.6, h + 4]];
        for (const [dx, dy] of seats) {
          const box = [p.x + dx - w, p.y + dy - h, p.x + dx + w, p.y + dy + h];
          const inside = box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2;
          if (!inside || taken.some((other) => meets(box, other)) || (name.beyond && this.reachesIn(box))) continue;
          const gap = name.beyond ? GAP_BEYOND : GAP;
          taken.push([box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap]);
          L.DomUtil.setPosition(name.node, map.containerPointToLayerPoint([box[0], box[1]]).round());
          shown.add(i);
          break;
        }
      }
      for (const [i, name] of this.nodes) name.node.style.visibility = shown.has(i) ? "visible" : "hidden";
    },
    /* A neighbour's place must not seem to be one of the area. */
    reachesIn(box) {
      const y = (box[1] + box[3]) / 2;
      return [box[0], (box[0] + box[2]) / 2, box[2]].some((x) => within(this._map.containerPointToLatLng([x, y]), this.tools.outlineShape.flat(1)));
    },
    order() {
      const { places, origin } = this.data;
      if (!this.at) {
        let [x, y] = origin;
        this.at = places.name.map((_, i) => {
          x += places.at[2 * i];
          y += places.at[2 * i + 1];
          return L.latLng(y / PER_DEGREE, x / PER_DEGREE);
        });
        this.inside = this.at.map((at) => within(at, this.tools.outlineShape.flat(1)));
        this.sorted = places.name.map((_, i) => i).sort((a, b) => this.inside[b] - this.inside[a] || places.rank[a] - places.rank[b] || a - b);
      }
      return this.sorted;
    },
    node(i) {
      let name = this.nodes.get(i);
      if (!name) {
        const { places } = this.data;
        const beyond = !this.inside[i];
        const node = this.tools.make("span", `town rank-${places.rank[i]}${beyond ? " beyond" : ""}`, places.name[i]);
        this._map.getPane("towns").append(node);
        name = { node, beyond, half: L.point(node.offsetWidth / 2, node.offsetHeight / 2) };
        this.nodes.set(i, name);
      }
      return name;
    },
    /* Discs, hotspots, controls, the legend and the boroughs' names. */
    blocked() {
      const map = this._map;
      const frame = map.getContainer().getBoundingClientRect();
      const boxes = [...document.querySelectorAll(".leaflet-control, .legend, .place")]
        .filter((node) => node.style.visibility !== "hidden")
        .map((node) => {
          const box = node.getBoundingClientRect();
          return [box.left - frame.left - 4, box.top - frame.top - 4, box.right - frame.left + 4, box.bottom - frame.top + 4];
        });
      for (const at of hotspotsPage.taken ?? []) {
        const p = map.layerPointToContainerPoint(at);
        boxes.push([p.x - RADIUS - 3, p.y - RADIUS - 8, p.x + RADIUS + 9, p.y + RADIUS + 3]);
      }
      const hotspots = hotspotsPage.layers.hotspots;
      for (const path of hotspots && map.hasLayer(hotspots) ? hotspots.paths : []) {
        const bounds = path.getBounds();
        const [a, b] = [map.latLngToContainerPoint(bounds.getNorthWest()), map.latLngToContainerPoint(bounds.getSouthEast())];
        boxes.push([a.x - 3, a.y - 3, b.x + 3, b.y + 3]);
      }
      return boxes;
    },
  });

  hotspotsPage.builders.backdrop = () => new Backdrop(hotspotsPage.data.backdrop, hotspotsPage.tools);
})();
