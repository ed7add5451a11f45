/* The panel of the bus page: figures of the choice, its stops, all other sites, the card of a site, the own choice on the curve. */
(function () {
  const { data, bus, tools } = hotspotsPage;
  const { sites } = data;
  const { make, makeSvg } = tools;
  const { amount, part } = bus;
  const SHOWN = window.matchMedia("(min-width: 800px)").matches ? 20 : 10;
  const best = bus.measure(data.plans[0].sites);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const rankNames = new Map(data.hotspots.map((h) => [h.rank, h.name]));

  /* One row a site, made once; it stands among the stops or among the others. */
  const ranks = (site) => `hotspot${site.hotspots.length === 1 ? "" : "s"}\u00a0${site.hotspots.join(", ")}`;
  function small(site) {
    const reason = site.status === "never" && site.reason ? `: ${site.reason}` : "";
    const standing = site.status === "candidate" ? null : site.status + reason;
    return [standing, site.ward, site.hotspots.length ? ranks(site) : null].filter(Boolean).join(" · ");
  }
  const rows = sites.map((site, i) => {
    const box = make("input", "switch");
    box.type = "checkbox";
    box.setAttribute("aria-label", `Stop at ${site.name}`);
    box.addEventListener("change", () => hotspotsPage.toggle(i, { from: "table" }));
    box.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" || box.disabled) return;
      e.preventDefault();
      hotspotsPage.toggle(i, { from: "table" });
    });
    const number = make("span", "no");
    number.setAttribute("aria-hidden", "true");
    const name = make("button", "pick name", site.name);
    name.type = "button";
    name.addEventListener("click", () => hotspotsPage.select(i, { from: "table" }));
    const head = make("th", "", name, make("span", "small", small(site)));
    head.scope = "row";
    const cells = [make("td", "num", amount(bus.covered[i])), make("td", "num marginal"), make("td", "num shared")];
    const row = make("tr", site.status, make("td", "", make("span", "switch-box", box, number)), head, ...cells);
    row.dataset.site = i;
    row.addEventListener("click", (e) => {
      if (!e.target.closest("button, input") && !box.disabled) hotspotsPage.toggle(i, { from: "table" });
    });
    return { row, box, number, marginal: cells[1], shared: cells[2] };
  });
  const tables = Object.fromEntries(["stops", "others"].map((kind) => [kind, document.getElementById(`table-${kind}`)]));
  for (const [kind, word] of [["stops", "without it"], ["others", "adds now"]]) {
    const heads = tables[kind]?.tHead.rows[0];
    if (!heads) continue;
    for (const text of [word, "shared"]) {
      const head = make("th", "num", text);
      head.scope = "col";
      heads.append(head);
    }
    tables[kind].addEventListener("keydown", (e) => {
      const way = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key];
      const next = way && e.target.closest("tr")?.[way];
      if (!next) return;
      e.preventDefault();
      next.querySelector(e.target.matches("input") ? "input:enabled, .pick" : ".pick").focus();
    });
  }
  document.querySelector(".said-of-stops").textContent = `reaches: ${data.unit} by itself · without it: what the stops together would lose · shared: part that other stops reach too`;

  /* The share of what a site reaches that the other stops reach too. */
  function shared(i, now) {
    const met = bus.covered[i] > 0 ? 1 - now.marginal[i] / bus.covered[i] : 0;
    // What sums leave over is no share.
    return met < 1e-9 ? 0 : met;
  }
  function fill(i, now, number) {
    const { row, box, number: no, marginal, shared: cell } = rows[i];
    const chosen = number > 0;
    box.checked = chosen;
    box.disabled = sites[i].status === "never" && !chosen;
    no.textContent = number || "";
    row.classList.toggle("is-stop", chosen);
    const value = now.marginal[i];
    marginal.textContent = value >= 0.05 ? `${chosen ? "−" : "+"}${amount(value)}` : amount(value);
    cell.textContent = part(shared(i, now));
  }

  /* Others: what adds most first, those that are never a stop last; the first ones, or those that are looked for. */
  const find = document.querySelector(".find");
  const more = document.querySelector(".more-sites");
  let all = false;
  let kept = -1;
  function showOthers(now, chosen) {
    if (!tables.others) return;
    const held = new Set(chosen);
    const never = (i) => Number(sites[i].status === "never");
    const order = sites.map((_, i) => i).filter((i) => !held.has(i));
    order.sort((a, b) => never(a) - never(b) || now.marginal[b] - now.marginal[a] || a - b);
    const wanted = find.querySelector("input").value.trim().toLowerCase();
    const found = order.filter((i) => !wanted || [sites[i].name, sites[i].id, sites[i].ward ?? ""].some((text) => text.toLowerCase().includes(wanted)));
    const seen = found.filter((i, k) => all || wanted || k < SHOWN || i === kept);
    for (const i of seen) fill(i, now, 0);
    tables.others.tBodies[0].replaceChildren(...seen.map((i) => rows[i].row));
    tables.others.hidden = !seen.length;
    document.querySelector(".others-title").textContent = `Other sites (${order.length.toLocaleString("en-GB")})`;
    find.querySelector(".found").textContent = wanted ? `${found.length} site${found.length === 1 ? "" : "s"} found` : "";
    more.hidden = seen.length === found.length;
    more.firstChild.textContent = `Show all ${found.length.toLocaleString("en-GB")}`;
  }
  if (tables.others) {
    find.hidden = sites.length <= SHOWN / 3;
    find.querySelector("input").addEventListener("input", () => hotspotsPage.show());
    more.firstChild.addEventListener("click", () => {
      all = true;
      hotspotsPage.show();
      find.querySelector("input").focus({ preventScroll: true });
    });
  }

  /* How a choice stands to the best plan, in words. */
  const same = (a, b) => a.length === b.length && a.every((i) => b.includes(i));
  function against(chosen, now) {
    const plan = data.plans.findIndex((one) => same(one.sites, chosen));
    if (plan === 0) return "This is the best plan.";
    if (!chosen.length) return "No stop is chosen.";
    const name = plan > 0 ? `${data.plans[plan].title}: ` : "";
    const less = best.reach - now.reach;
    const stops = chosen.length - data.plans[0].sites.length;
    const count = stops ? `, with ${bus.stops(Math.abs(stops))} ${stops > 0 ? "more" : "fewer"}` : "";
    if (Math.abs(less) < 1e-9) return `${name}reaches as much as the best plan${count}.`;
    const size = `${amount(Math.abs(less))} ${data.unit} ${less > 0 ? "less" : "more"} than the best plan`;
    return `${name}${size}${best.reach > 0 ? `, ${part(Math.abs(less) / best.reach)}` : ""}${count}.`;
  }
  hotspotsPage.isBest = (chosen) => same(data.plans[0].sites, chosen);

  const choice = document.getElementById("choice");
  const figures = document.querySelector(".now");
  // Need that is told in parts of a hundred is a share already.
  const inParts = data.unit.startsWith("%");
  const shareOf = (now) => (data.total > 0 ? now.reach / data.total : 0);
  hotspotsPage.shareOf = shareOf;
  function showFigures(chosen, now) {
    const one = (selector) => choice.querySelector(selector);
    const of = `${data.unit} in reach${inParts ? "" : `, ${part(shareOf(now))} of the need`}`;
    figures.dataset.reach = now.reach;
    figures.querySelector(".figure-reach").textContent = amount(now.reach);
    figures.querySelector(".of").textContent = of;
    figures.querySelector(".against").textContent = against(chosen, now);
    document.querySelector(".map-said").textContent = `${bus.stops(chosen.length)}: ${amount(now.reach)} ${of}`;
    one(".kept").replaceChildren(...bus.rules(chosen).map(({ kept: ok, said }) => {
      const sign = make("span", "tick-sign", ok ? "✓" : "!");
      sign.setAttribute("aria-hidden", "true");
      return make("li", ok ? "" : "broken", sign, said);
    }));
    for (const button of choice.querySelectorAll("[data-plan]")) {
      button.setAttribute("aria-pressed", String(same(data.plans[button.dataset.plan].sites, chosen)));
    }
    const plan = data.plans.find((view) => same(view.sites, chosen));
    document.querySelector(".stops-title").textContent = plan ? `Stops: ${plan.title.charAt(0).toLowerCase()}${plan.title.slice(1)}` : "Stops of your choice";
    one(".clear").disabled = !chosen.length;
    for (const row of document.querySelectorAll("#table-plans tr[data-plan]")) {
      row.toggleAttribute("aria-current", false);
      if (same(data.plans[row.dataset.plan].sites, chosen)) row.setAttribute("aria-current", "true");
    }
    own.hidden = Boolean(plan);
    if (!plan) showOwn(chosen, now);
  }
  /* A choice of one's own stands below the plans. */
  const own = make("tr", "");
  own.setAttribute("aria-current", "true");
  document.getElementById("table-plans").tBodies[0].append(own);
  function showOwn(chosen, now) {
    const names = (some) => some.map((i) => sites[i].name).join(", ");
    const [more, fewer] = [[chosen, data.plans[0].sites], [data.plans[0].sites, chosen]].map(([a, b]) => names(a.filter((i) => !b.includes(i))));
    const head = make("th", "", make("span", "name", "Your choice"));
    head.scope = "row";
    if (more) head.append(make("span", "small", `with ${more}`));
    if (fewer) head.append(make("span", "small", `without ${fewer}`));
    const less = best.reach - now.reach;
    const sign = Math.abs(less) < 1e-9 ? "" : less > 0 ? "−" : "+";
    own.replaceChildren(head, ...[amount(now.reach), part(shareOf(now)), `${sign}${sign ? amount(Math.abs(less)) : "0"}`].map((text) => make("td", "num", text)));
  }

  /* The own choice on the curve: where it stands, never beyond the frame. */
  function showCurve(chosen, now) {
    const own = document.querySelector("#curve .own");
    if (!own) return;
    const { left, wide, base, tall, most, top } = data.curve;
    const x = left + Math.min(chosen.length, most) * wide;
    const y = base - Math.min(now.reach, top) * tall;
    own.removeAttribute("hidden");
    const end = x > 300;
    // Under its point, where the curve never is; above it only at the foot of the frame.
    const under = y < base - 22;
    own.replaceChildren(
      makeSvg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, rx: 1.5 }),
      makeSvg("text", { x: end ? x + 6 : x + 2, y: under ? y + 19 : y - 10, class: end ? "end" : "" }, `${data.plans.some((view) => same(view.sites, chosen)) ? "shown" : "your choice"}: ${amount(now.reach)}`),
    );
  }

  const isOpen = () => document.activeElement?.closest?.("[data-site]");
  hotspotsPage.showTables = function (chosen, now, just = -1) {
    const focused = isOpen();
    const control = focused && (document.activeElement.matches("input") ? "input" : ".pick");
    const byKey = focused && document.activeElement.matches(":focus-visible");
    kept = just;
    chosen.forEach((i, k) => fill(i, now, k + 1));
    tables.stops.tBodies[0].replaceChildren(...chosen.map((i) => rows[i].row));
    tables.stops.classList.toggle("empty", !chosen.length);
    showOthers(now, chosen);
    // The switch that was used keeps the focus, wherever its row has gone.
    if (focused?.isConnected) {
      focused.querySelector(control).focus({ preventScroll: true });
      if (byKey) focused.scrollIntoView({ block: "nearest" });
    }
    showFigures(chosen, now);
    showCurve(chosen, now);
    const differs = document.getElementById("rota-differs");
    if (differs) differs.hidden = hotspotsPage.isBest(chosen);
  };

  /* The card: why a stop here. */
  hotspotsPage.fillCard = function (i, chosen, now) {
    const site = sites[i];
    const number = chosen.indexOf(i) + 1;
    const lines = [["Reaches", `${amount(bus.covered[i])} ${data.unit} by itself; ${amount(bus.counted[i])} incidents a month within its reach, as counted`]];
    const other = part(shared(i, now));
    if (number) lines.push(["Without it", `the stops would reach ${amount(now.marginal[i])} less; ${other} of what it reaches others reach too`]);
    else lines.push(["Would add", `${amount(now.marginal[i])}; ${other} of what it reaches the stops reach already`]);
    if (site.status !== "candidate") lines.push([site.status === "fixed" ? "Fixed" : "Never", site.reason || (site.status === "fixed" ? "in every plan" : "in no plan")]);
    if (site.ward) lines.push(["Ward", site.ward]);
    if (site.hotspots.length) lines.push(["Hotspots", make("span", "", ...site.hotspots.map((rank) => make("span", "line", `${rank} · ${rankNames.get(rank)}`)))]);
    if (site.hours) lines.push(["Hours", site.hours]);
    if (site.capacity !== null) lines.push(["Capacity", String(site.capacity)]);
    if (site.notes) lines.push(["Notes", site.notes]);
    const metres = (value) => Math.round(value).toLocaleString("en-GB");
    lines.push(["Place", `E ${metres(site.easting)}, N ${metres(site.northing)} (${site.id})`]);
    const list = make("dl", "");
    for (const [term, words] of lines) list.append(make("dt", "", term), make("dd", "", words));
    const act = (name, text, done) => {
      const button = make("button", name, text);
      button.type = "button";
      button.addEventListener("click", done);
      return button;
    };
    const actions = [act("to-map", "Show on the map", () => hotspotsPage.map.getContainer().scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" }))];
    if (number || site.status !== "never") {
      actions.push(act("switch-site", number ? "No longer a stop" : "Make it a stop", () => {
        hotspotsPage.toggle(i, { from: "card" });
        document.querySelector("#card-plan .switch-site")?.focus({ preventScroll: true });
      }));
    }
    const card = document.getElementById("card-plan");
    const title = make("h3", "", ...(number ? [make("span", "square", String(number)), " "] : []), site.name);
    card.replaceChildren(title, ...site.why.map((sentence) => make("p", "why", sentence)), list, make("p", "card-tools", ...actions));
    card.hidden = false;
  };
  hotspotsPage.markRow = function (i) {
    for (const row of document.querySelectorAll("tr[data-site][aria-current]")) row.removeAttribute("aria-current");
    if (i >= 0) rows[i].row.setAttribute("aria-current", "true");
  };
  hotspotsPage.rowOf = (i) => rows[i].row;
  choice.hidden = false;
  figures.hidden = false;
})();
