/* Reads what columns.py and topology.py wrote.
   hotspotsDecode.column(c)            Int32Array; -1 is none
   hotspotsDecode.labels(l)            { words, rows }: the words and, for each row, the number of its word, or -1
   hotspotsDecode.places(p, origin)    { lon, lat }: Float64Array, degrees
   hotspotsDecode.topology(t, origin)  areas, put together when they are asked for:
     .n            how many there are
     .rings(i)     polygons → rings → Float64Array lon, lat, lon, lat, …; outer ring first, no last point repeated
     .latlngs(i)   the same as L.latLng, as L.polygon takes it
     .bounds(i)    [west, south, east, north], or null where the area has no polygon
     .arcs         how many borders there are; a border that areas share is one
     .arc(k)       its line, Float64Array lon, lat, …
     .arcsOf(i)    the numbers of the arcs of an area, Int32Array; one may be there twice */
window.hotspotsDecode = (function () {
  "use strict";
  const PER_DEGREE = 1e5;

  function column(c) {
    const text = atob(c.b64);
    const out = new Int32Array(c.n);
    if (c.bytes === null) varint(text, out);
    else fixed(text, c.bytes, out);
    // Sums wrap like 32-bit numbers, and so does the zigzag of a step of more than 31 bits: both come right again.
    let value = c.from;
    for (let i = 0; i < out.length; i += 1) {
      const u = out[i];
      out[i] = c.steps ? (value = (value + ((u >>> 1) ^ -(u & 1))) | 0) : (value + u) | 0;
    }
    return out;
  }
  function fixed(text, width, out) {
    for (let i = 0, at = 0; i < out.length; i += 1) {
      let u = 0;
      for (let k = 0; k < width; k += 1, at += 1) u |= text.charCodeAt(at) << (8 * k);
      out[i] = u;
    }
  }
  function varint(text, out) {
    for (let i = 0, at = 0; i < out.length; i += 1) {
      let byte = text.charCodeAt(at++);
      let u = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = text.charCodeAt(at++);
        u |= (byte & 127) << shift;
      }
      out[i] = u;
    }
  }

  const labels = (l) => ({ words: l.words, rows: column(l.rows) });

  function degrees(c, start) {
    const steps = column(c);
    const out = new Float64Array(steps.length);
    for (let i = 0; i < steps.length; i += 1) out[i] = (steps[i] + start) / PER_DEGREE;
    return out;
  }
  const places = (p, origin) => ({ lon: degrees(p.x, origin[0]), lat: degrees(p.y, origin[1]) });

  /* Where each of a run of groups begins, and where the last one ends. */
  function starts(c) {
    const counts = column(c);
    const out = new Int32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i += 1) out[i + 1] = out[i] + counts[i];
    return out;
  }

  function topology(t, origin) {
    const { lon, lat } = places(t.arcs, origin);
    const points = starts(t.arcs.points);
    const polygons = starts(t.shapes.polygons);
    const rings = starts(t.shapes.rings);
    const arcs = starts(t.shapes.arcs);
    // From here on an arc k is k forwards and ~k backwards.
    const at = column(t.shapes.at);
    let met = 0;
    for (let i = 0; i < at.length; i += 1) {
      const code = at[i] - 1;
      if (code < 0) at[i] = met++;
      else at[i] = code & 1 ? ~(met - 1 - (code >> 1)) : met - 1 - (code >> 1);
    }

    function ring(r) {
      let size = 0;
      for (let i = arcs[r]; i < arcs[r + 1]; i += 1) {
        const k = at[i] < 0 ? ~at[i] : at[i];
        size += points[k + 1] - points[k] - 1;
      }
      const out = new Float64Array(2 * size);
      let to = 0;
      for (let i = arcs[r]; i < arcs[r + 1]; i += 1) {
        const back = at[i] < 0;
        const k = back ? ~at[i] : at[i];
        const step = back ? -1 : 1;
        // The last point of an arc is the first of the next one.
        const end = back ? points[k] : points[k + 1] - 1;
        for (let p = back ? points[k + 1] - 1 : points[k]; p !== end; p += step) {
          out[to++] = lon[p];
          out[to++] = lat[p];
        }
      }
      return out;
    }
    /* Calls `made` for the rings of a shape, as polygons → rings. */
    function each(i, made) {
      const out = [];
      for (let p = polygons[i]; p < polygons[i + 1]; p += 1) {
        const one = [];
        for (let r = rings[p]; r < rings[p + 1]; r += 1) one.push(made(ring(r)));
        out.push(one);
      }
      return out;
    }
    function toLatLngs(flat) {
      const out = new Array(flat.length / 2);
      for (let k = 0; k < out.length; k += 1) out[k] = L.latLng(flat[2 * k + 1], flat[2 * k]);
      return out;
    }
    function bounds(i) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      each(i, (flat) => {
        for (let k = 0; k < flat.length; k += 2) {
          box[0] = Math.min(box[0], flat[k]);
          box[1] = Math.min(box[1], flat[k + 1]);
          box[2] = Math.max(box[2], flat[k]);
          box[3] = Math.max(box[3], flat[k + 1]);
        }
      });
      return box[0] <= box[2] ? box : null;
    }
    function arc(k) {
      const out = new Float64Array(2 * (points[k + 1] - points[k]));
      for (let p = points[k], to = 0; p < points[k + 1]; p += 1) {
        out[to++] = lon[p];
        out[to++] = lat[p];
      }
      return out;
    }
    return {
      n: polygons.length - 1,
      arcs: points.length - 1,
      rings: (i) => each(i, (flat) => flat),
      latlngs: (i) => each(i, toLatLngs),
      bounds,
      arc,
      arcsOf: (i) => at.slice(arcs[rings[polygons[i]]], arcs[rings[polygons[i + 1]]]).map((k) => (k < 0 ? ~k : k)),
    };
  }

  return { column, labels, places, topology };
})();
