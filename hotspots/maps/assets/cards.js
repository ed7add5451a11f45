/* The card of the chosen place: all that is known of it, in words. */
(function () {
  const { data, tools, tables } = hotspotsPage;
  const { make, count } = tools;
  const MOST_KINDS = 4;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* Crime types of a hotspot over the whole window, those with most incidents first. */
  function kindsOf(at) {
    const { hotspot, kind, n, kinds } = data.rows;
    const sums = new Uint32Array(kinds.length);
    for (let i = 0; i < n.length; i += 1) if (hotspot[i] === at) sums[kind[i]] += n[i];
    const order = [...sums.keys()].filter((k) => sums[k]).sort((a, b) => sums[b] - sums[a] || a - b);
    const said = order.slice(0, MOST_KINDS).map((k) => `${kinds[k]} ${count(sums[k])}`);
    const rest = order.slice(MOST_KINDS).reduce((sum, k) => sum + sums[k], 0);
    return [...said, ...(rest ? [`others ${count(rest)}`] : [])].join(", ");
  }
  function sparkOf(at) {
    const line = tables.hotspots.querySelector(`tbody tr[data-i="${at}"] .spark`);
    return line ? [line.cloneNode(true)] : [];
  }
  function hotspotCard(at) {
    const h = data.hotspots[at];
    const usual = h.usual === "–" ? "" : `, usual ${h.usual}`;
    const place = `E ${h.easting}, N ${h.northing}`;
    const near = h.near.map(([event, metres]) => {
      const e = data.events[event];
      return `${e.title}, ${hotspotsPage.eventWhen(event)}, ${metres ? `${metres} m away` : "on its ground"}${e.risk ? `, ${e.risk} risk` : ""}`;
    });
    return [`${h.rank} · ${h.name}`, [
      [data.month, make("span", "", `${h.month}${usual}: `, make("strong", "", h.change))],
      [data.window, make("span", "", `${h.n} incidents, ${h.share} of the total (chosen on these months)`, ...sparkOf(at))],
      ["Size", `${h.ha} ha, ${h.width} m across, ${h.land} of the area`],
      ...(h.life ? [["So far", h.life]] : []),
      ...(h.moved ? [["Next to it", h.moved]] : []),
      ["Mostly", kindsOf(at) || h.mostly],
      ...(h.peak ? [["Peak", h.peak]] : []),
      ["LSOAs", h.lsoas],
      ["Grid ref", h.grid ? `${h.grid} (${place})` : place],
      ["Boundary", h.cross ? `crosses the line: ${h.inside} of ${h.n} incidents inside${h.blind ? "; beyond it there are no data" : ""}` : "does not cross the line"],
      ...(near.length ? [["Events", make("span", "", ...near.map((words) => make("span", "line", words)))]] : []),
    ]];
  }
  function areaCard(i) {
    const a = data.areas;
    const lines = [["Borough", a.borough.words[a.borough.rows[i]] ?? "–"], ["Code", a.code[i]]];
    if (a.n[i] !== null) {
      const usual = a.usual[i] === "–" ? "" : `, usual ${a.usual[i]}`;
      lines.push([data.month, `${count(a.month[i])}${usual}`], [data.window, count(a.n[i])]);
      if (!hotspotsPage.plain) lines.push(["Shown", count(hotspotsPage.shown.areas[i])]);
    }
    data.measures.forEach((m, at) => {
      const number = hotspotsPage.shown.classes[at][i];
      const { title, ranges } = hotspotsPage.scale(at);
      const said = hotspotsPage.said(at, i);
      const words = number === null || !m.breaks ? `${said} · ${title}` : `${said} · ${title} (${ranges[number - 1]})`;
      lines.push([number === null || !m.breaks ? (m.breaks ? "Rate" : m.column === "change" ? "Change" : "Together") : `Class ${number}`, words]);
    });
    if (!a.inside[i]) lines.push(["Boundary", "outside the line, shown for displacement"]);
    return [a.name[i], lines];
  }
  function eventCard(i) {
    const e = data.events[i];
    const lines = [["Kind", e.kind], ["When", hotspotsPage.eventWhen(i)], ["Risk", e.risk ?? "not graded"], ["Status", e.status]];
    if (e.profile) lines.push(["Profile", e.profile]);
    if (e.people) lines.push(["People", `${e.people} expected at the busiest time`]);
    if (e.leave) lines.push(["Leaving", e.leave]);
    if (e.notes) lines.push(["Notes", e.notes]);
    if (!hotspotsPage.eventShown(i)) lines.push(["Shown", "not among the events chosen above"]);
    if (e.off) lines.push(["Place", "cancelled, so it is not on the map"]);
    else if (!e.at) lines.push(["Place", "none given, so it is not on the map"]);
    const near = data.hotspots.flatMap((h) => h.near.filter(([event]) => event === i).map(([, metres]) => `${h.rank} · ${h.name}, ${metres ? `${metres} m away` : "on its ground"}`));
    if (near.length) lines.push(["Hotspots", make("span", "", ...near.map((words) => make("span", "line", words)))]);
    return [e.title, lines];
  }
  const MAKERS = { hotspots: hotspotCard, areas: areaCard, events: eventCard };
  hotspotsPage.fillCard = function (kind, i) {
    const [title, lines] = MAKERS[kind](i);
    const list = make("dl", "");
    for (const [term, words] of lines) list.append(make("dt", "", term), make("dd", "", words));
    const toMap = make("button", "to-map", "Show on the map");
    toMap.type = "button";
    toMap.addEventListener("click", () => hotspotsPage.map.getContainer().scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" }));
    const print = make("button", "print-card", "Print this card");
    print.type = "button";
    print.addEventListener("click", () => {
      document.documentElement.classList.add("card-only");
      window.print();
    });
    const card = document.getElementById(`card-${kind}`);
    card.replaceChildren(make("h3", "", title), list, make("p", "card-tools", toMap, print));
    card.hidden = false;
  };
  window.addEventListener("afterprint", () => document.documentElement.classList.remove("card-only"));
})();
