/* The month's layers, drawn from the page's data. Text from the data is only ever set as text. */
(function () {
  const { data, tools } = hotspotsPage;
  const { shape, polygon, make, count, hover } = tools;
  for (const [name, column] of Object.entries(data.rows.columns)) data.rows[name] = hotspotsDecode.column(column);
  const outlines = hotspotsDecode.topology(data.areas.shape, data.origin);
  const street = hotspotsDecode.labels(data.locations.street);
  // What is shown: all of the window, until the view says otherwise.
  hotspotsPage.plain = true;
  hotspotsPage.shown = { rates: data.areas.rates, classes: data.areas.classes };

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
  Object.assign(hotspotsPage.builders, { areas, hotspots, drawn, density, locations });
  Object.assign(tools, { shapeOfArea, areaBounds, nLocations: lat.length });
})();
