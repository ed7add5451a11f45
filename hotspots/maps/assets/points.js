/* Many places as discs on one canvas: a Leaflet layer for a hundred thousand of them.

   layer = hotspotsPoints.layer({ lat, lon, counts, … }).addTo(map)
     lat, lon    Float64Array, degrees, one place each
     counts      Uint32Array or any list of numbers; a place of 0 is not drawn
     pane        the map pane, "overlayPane" unless told; className of the canvas, "locations" unless told
     colour      [red, green, blue]; radius(n, zoom) in pixels; fade(seen): how opaque a disc is where so many are seen
     padding     how much more than the view is drawn, in its widths on each side, so that dragging shows no edge
   layer.setCounts(counts)   other counts of the same places, drawn at the next frame; nothing is projected again
   layer.hit(latlng, reach)  the number of the place whose disc is under or nearest to a point, at most `reach` pixels
                             (3 unless told) from its edge, or -1
   layer.seen                how many discs lie in the view
   layer.print(on)           on paper a canvas may come out opaque: there the discs in the view are paths, and a picture
                             where they are so many that a printer would take minutes over them
   Fires "drawn" after each drawing.

   Places are projected once. A drawing looks only at the cells of a grid that the view covers. The discs are laid over
   each other in an array of pixels, not by the canvas: thousands of paths take ten times as long. */
window.hotspotsPoints = (function () {
  "use strict";
  const PER_CELL = 12;
  const QUARTERS = 4;
  const MOST_PATHS = 4000;
  const PAPER = 2;
  const SVG = "http://www.w3.org/2000/svg";

  const radius = (n, zoom) => Math.min(14, Math.max(0.9, 1.5 * Math.sqrt(n) * 1.26 ** (zoom - 12)));
  // Thousands of circles in one view would be a carpet: the more, the fainter.
  const fade = (seen) => Math.min(0.38, Math.max(0.13, 17 / Math.sqrt(seen)));

  /* Places in the pixels of zoom 0, sorted by the cells of a grid. */
  function grid(crs, lat, lon) {
    const n = lat.length;
    const [px, py] = [new Float64Array(n), new Float64Array(n)];
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (let i = 0; i < n; i += 1) {
      const p = crs.latLngToPoint({ lat: lat[i], lng: lon[i] }, 0);
      px[i] = p.x;
      py[i] = p.y;
      low[0] = Math.min(low[0], p.x);
      low[1] = Math.min(low[1], p.y);
      high[0] = Math.max(high[0], p.x);
      high[1] = Math.max(high[1], p.y);
    }
    const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / PER_CELL))));
    const size = [0, 1].map((k) => Math.max((high[k] - low[k]) / side, 1e-12));
    const column = (v, k) => Math.max(0, Math.min(side - 1, Math.floor((v - low[k]) / size[k])));
    const cell = new Uint32Array(n);
    const start = new Uint32Array(side * side + 1);
    for (let i = 0; i < n; i += 1) start[(cell[i] = column(py[i], 1) * side + column(px[i], 0)) + 1] += 1;
    for (let c = 0; c < side * side; c += 1) start[c + 1] += start[c];
    const next = start.slice();
    const [x, y, place] = [new Float64Array(n), new Float64Array(n), new Uint32Array(n)];
    for (let i = 0; i < n; i += 1) {
      const to = next[cell[i]]++;
      x[to] = px[i];
      y[to] = py[i];
      place[to] = i;
    }
    /* Calls `use(from, to)` for runs of places; those in the box are among them. */
    function within(west, north, east, south, use) {
      if (!n || east < low[0] || west > high[0] || south < low[1] || north > high[1]) return;
      const [a, b] = [column(west, 0), column(east, 0)];
      for (let row = column(north, 1); row <= column(south, 1); row += 1) use(start[row * side + a], start[row * side + b + 1]);
    }
    return { x, y, place, within };
  }

  /* A disc as a square of how much of each pixel it covers, 0 to 255 times how opaque it is. */
  function stamp(r, opaque) {
    const half = Math.ceil(r);
    const size = 2 * half + 1;
    const cover = new Uint8Array(size * size);
    for (let i = 0; i < cover.length; i += 1) {
      const away = Math.hypot((i % size) - half, Math.floor(i / size) - half);
      cover[i] = Math.round(255 * opaque * Math.min(1, Math.max(0, r + 0.5 - away)));
    }
    return { half, size, cover };
  }

  /* Pixels of one colour that only differ in how opaque they are. */
  function sheet(width, height, colour) {
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const bytes = new Uint8Array(image.data.buffer);
    // The colour as a pixel that is clear, whatever order this machine keeps bytes in.
    const clear = new Uint32Array(new Uint8Array([...colour, 0]).buffer)[0];
    pixels.fill(clear);
    // What the last drawing has covered; the rest of the sheet is clear.
    let [west, north, east, south] = [width, height, 0, 0];
    return {
      width,
      height,
      wipe() {
        for (let row = north; row < south; row += 1) pixels.fill(clear, row * width + west, row * width + east);
        [west, north, east, south] = [width, height, 0, 0];
      },
      put({ half, size, cover }, cx, cy) {
        const left = Math.max(0, cx - half);
        const top = Math.max(0, cy - half);
        const right = Math.min(width, cx + half + 1);
        const bottom = Math.min(height, cy + half + 1);
        if (left >= right || top >= bottom) return;
        if (left < west) west = left;
        if (top < north) north = top;
        if (right > east) east = right;
        if (bottom > south) south = bottom;
        for (let row = top; row < bottom; row += 1) {
          const end = 4 * (row * width + right);
          let from = (row - cy + half) * size + left - cx + half;
          for (let at = 4 * (row * width + left) + 3; at < end; at += 4) {
            // What is still clear times what the disc covers, divided by 255 and rounded.
            const more = (255 - bytes[at]) * cover[from++] + 128;
            bytes[at] += (more + (more >> 8)) >> 8;
          }
        }
      },
      show(pen) {
        pen.clearRect(0, 0, width, height);
        if (west < east) pen.putImageData(image, 0, 0, west, north, east - west, south - north);
      },
    };
  }

  const Points = L.Renderer.extend({
    options: { className: "locations", colour: [40, 48, 56], padding: 0.3, radius, fade, counts: [] },

    initialize(options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._counts = this.options.counts;
      this._most = null;
      this.seen = 0;
    },
    setCounts(counts) {
      this._counts = counts;
      this._most = null;
      if (this._map && !this._waiting) this._waiting = requestAnimationFrame(() => this._update());
      return this;
    },
    hit(latlng, reach = 3) {
      const map = this._map;
      if (!map) return -1;
      const zoom = map.getZoom();
      const scale = this._scale();
      const { x, y } = map.options.crs.latLngToPoint(L.latLng(latlng), 0);
      const far = (this._largest(zoom) + reach) / scale;
      let [best, found] = [reach, -1];
      this._grid.within(x - far, y - far, x + far, y + far, (from, to) => {
        for (let k = from; k < to; k += 1) {
          const n = this._counts[this._grid.place[k]];
          if (!n) continue;
          const over = Math.hypot(this._grid.x[k] - x, this._grid.y[k] - y) * scale - this.options.radius(n, zoom);
          if (over < best) [best, found] = [over, this._grid.place[k]];
        }
      });
      return found;
    },
    print(on) {
      if (this._paper) this._paper.remove();
      this._paper = null;
      this._container.hidden = on;
      if (!on) return;
      const { min, max } = this._map.getPixelBounds();
      this._paper = this.seen > MOST_PATHS ? this._picture(min, max.subtract(min)) : this._paths(min, max);
      this._paper.setAttribute("class", this.options.className);
      // Leaflet's own sheet lifts a canvas of the pane over a picture.
      this._paper.style.zIndex = 200;
      this._paper.setAttribute("width", max.x - min.x);
      this._paper.setAttribute("height", max.y - min.y);
      L.DomUtil.setPosition(this._paper, this._map.containerPointToLayerPoint([0, 0]));
      this.getPane().append(this._paper);
    },
    _picture(begin, size) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [size.x * PAPER || 1, size.y * PAPER || 1];
      this._draw(canvas, sheet(canvas.width, canvas.height, this.options.colour), begin, begin.add(size), PAPER);
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = canvas.toDataURL();
      return picture;
    },
    _paths(min, max) {
      const make = (tag, attributes) => {
        const node = document.createElementNS(SVG, tag);
        for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
        return node;
      };
      const zoom = this._map.getZoom();
      // One path for each size: smaller discs show on larger ones, as on the screen.
      const paths = new Map();
      this._each(min, max, (x, y, n) => {
        const r = Math.round(this.options.radius(n, zoom) * QUARTERS) / QUARTERS;
        if (!paths.has(r)) paths.set(r, []);
        paths.get(r).push(`M${(x - min.x - r).toFixed(1)} ${(y - min.y).toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`);
      });
      const paper = make("svg", { fill: `rgb(${this.options.colour.join(",")})`, "fill-opacity": this.options.fade(this.seen) });
      for (const parts of paths.values()) paper.append(make("path", { d: parts.join("") }));
      return paper;
    },

    onAdd() {
      const { lat, lon } = this.options;
      if (!this._grid) this._grid = grid(this._map.options.crs, lat, lon);
      L.Renderer.prototype.onAdd.call(this);
    },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.className = this.options.className;
    },
    _destroyContainer() {
      cancelAnimationFrame(this._waiting);
      this._waiting = 0;
      if (this._paper) this._paper.remove();
      this._container.remove();
      this._container = this._sheet = this._paper = null;
    },
    _update() {
      cancelAnimationFrame(this._waiting);
      this._waiting = 0;
      // During a zoom the old picture grows or shrinks; the new one is drawn when it ends.
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      const ratio = window.devicePixelRatio || 1;
      // A map that is not shown has no size, but a picture must have one.
      const [width, height] = [Math.round(size.x * ratio) || 1, Math.round(size.y * ratio) || 1];
      if (!this._sheet || this._sheet.width !== width || this._sheet.height !== height) {
        [this._container.width, this._container.height] = [width, height];
        this._sheet = sheet(width, height, this.options.colour);
      }
      this.seen = this._count();
      const begin = this._map.getPixelOrigin().add(this._bounds.min);
      this._draw(this._container, this._sheet, begin, begin.add(size), ratio);
      this.fire("drawn");
    },
    _largest(zoom) {
      if (this._most === null) {
        this._most = 0;
        for (let i = 0; i < this._counts.length; i += 1) if (this._counts[i] > this._most) this._most = this._counts[i];
      }
      return this.options.radius(this._most, zoom);
    },
    /* Calls `use(x, y, n)` for the places near a frame of the world's pixels that have incidents; all whose discs touch it are among them. */
    _each(min, max, use) {
      const scale = this._scale();
      const far = this._largest(this._map.getZoom());
      const { x, y, place, within } = this._grid;
      const counts = this._counts;
      within((min.x - far) / scale, (min.y - far) / scale, (max.x + far) / scale, (max.y + far) / scale, (from, to) => {
        for (let k = from; k < to; k += 1) {
          const n = counts[place[k]];
          if (n) use(x[k] * scale, y[k] * scale, n);
        }
      });
    },
    _scale() {
      const { crs } = this._map.options;
      return crs.scale(this._map.getZoom()) / crs.scale(0);
    },
    _count() {
      const { min, max } = this._map.getPixelBounds();
      let seen = 0;
      this._each(min, max, (x, y) => {
        if (x >= min.x && x <= max.x && y >= min.y && y <= max.y) seen += 1;
      });
      return seen;
    },
    _draw(canvas, page, begin, end, ratio) {
      const { radius, fade } = this.options;
      const zoom = this._map.getZoom();
      const opaque = fade(this.seen);
      page.wipe();
      // A stamp for each size, to a quarter of a pixel, and beside it for each count the stamp of its size.
      const sizes = new Map();
      const stamps = new Map();
      const stampOf = (n) => {
        const quarters = Math.round(radius(n, zoom) * ratio * QUARTERS);
        if (!sizes.has(quarters)) sizes.set(quarters, stamp(quarters / QUARTERS, opaque));
        stamps.set(n, sizes.get(quarters));
        return sizes.get(quarters);
      };
      this._each(begin, end, (x, y, n) => {
        page.put(stamps.get(n) || stampOf(n), Math.round((x - begin.x) * ratio), Math.round((y - begin.y) * ratio));
      });
      page.show(canvas.getContext("2d"));
    },
  });

  return { layer: (options) => new Points(options) };
})();
