/* Community tensions: the line of each ward, and its level where nothing else stands. For partners of the meeting only. */
(function () {
  const { data, builders, tools } = hotspotsPage;
  const { make, polygon, shape, blockedBoxes, labelSeat, within } = tools;
  const STEP = 6;
  const look = { fill: false };
  hotspotsPage.more = ["tensions"];
  builders.tensions = () => {
    const wards = data.tensions.map((ward) => ({
      rings: shape(ward.shape), node: make("span", "place ward", make("span", "", ward.ward), make("b", "", ward.said)),
    }));
    const paths = wards.flatMap(({ rings }) => [polygon(rings, "outline", "ward-halo", look), polygon(rings, "outline", "ward-line", look)]);
    const group = L.featureGroup(paths);
    const settle = () => group._map && settleWards(group._map, wards);
    group.on("add", () => {
      const map = group._map;
      for (const { node } of wards) map.getPane("labels").append(node);
      map.on("moveend zoomend resize", settle);
      settle();
    });
    group.on("remove", () => {
      hotspotsPage.map.off("moveend zoomend resize", settle);
      for (const { node } of wards) node.remove();
      sayLeft(0);
      hotspotsPage.layers.backdrop?.settle();
    });
    hotspotsPage.settleWards = settle;
    return group;
  };
  const meets = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  /* The most tense wards first: in the roomiest part of their ground, else at the free seat nearest to its middle, which
     still lies on it; else not at this zoom. */
  function settleWards(map, wards) {
    const size = map.getSize();
    const blocked = blockedBoxes(map, 2);
    const { hotspots, backdrop } = hotspotsPage.layers;
    for (const path of map.hasLayer(hotspots) ? hotspots.paths : []) {
      const box = L.bounds([path.getBounds().getNorthWest(), path.getBounds().getSouthEast()].map((at) => map.latLngToContainerPoint(at)));
      blocked.push([box.min.x - 3, box.min.y - 3, box.max.x + 3, box.max.y + 3]);
    }
    const frame = map.getContainer().getBoundingClientRect();
    for (const node of document.querySelectorAll(".place:not(.ward)")) {
      const box = node.getBoundingClientRect();
      if (node.style.visibility !== "hidden") blocked.push([box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top]);
    }
    let left = 0;
    for (const { rings, node } of wards) {
      const pixels = rings.flat(1).map((ring) => ring.map((at) => map.latLngToContainerPoint(at)));
      const half = L.point(node.offsetWidth / 2 + 4, node.offsetHeight / 2 + 3);
      const box = (at) => [at.x - half.x, at.y - half.y, at.x + half.x, at.y + half.y];
      const free = (at) => at.x > half.x && at.y > half.y && at.x < size.x - half.x && at.y < size.y - half.y && !blocked.some((other) => meets(box(at), other));
      const at = labelSeat(pixels, half, size, [], blocked) ?? nearest(pixels, size, free);
      node.style.visibility = at ? "visible" : "hidden";
      if (!at && L.bounds(pixels.flat()).intersects(L.bounds([0, 0], size))) left += 1;
      if (!at) continue;
      blocked.push(box(at));
      L.DomUtil.setPosition(node, map.containerPointToLayerPoint(at.subtract(half).add([4, 3])).round());
    }
    sayLeft(left);
    backdrop?.settle();
  }
  const note = document.querySelector(".wards-left");
  function sayLeft(n) {
    const said = n ? `${n} ward label${n === 1 ? " finds" : "s find"} no room on the map at this zoom.` : "";
    if (note && note.textContent !== said) note.textContent = said;
  }
  function nearest(rings, size, free) {
    const box = L.bounds(rings.flat());
    const min = L.point(Math.max(box.min.x, 0), Math.max(box.min.y, 0));
    const max = L.point(Math.min(box.max.x, size.x), Math.min(box.max.y, size.y));
    const middle = min.add(max).divideBy(2);
    let [best, least] = [null, Infinity];
    for (let x = min.x; x <= max.x; x += STEP) {
      for (let y = min.y; y <= max.y; y += STEP) {
        const at = L.point(x, y);
        const far = at.distanceTo(middle);
        if (far < least && free(at) && within(x, y, rings)) [best, least] = [at, far];
      }
    }
    return best;
  }
})();
