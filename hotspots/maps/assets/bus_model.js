/* What a choice of stops reaches and keeps: numbers and sentences, no page and no map.
   hotspotsPage.bus.measure(chosen)   chosen: positions of sites
     .reach        sum over the groups of weight × the largest share among the chosen
     .n            incidents a month, as counted, of the groups in reach
     .marginal     Float64Array by site: of a chosen one what would be lost without it, of another what it would add
   hotspotsPage.bus.covered           Float64Array by site: what it reaches by itself
   hotspotsPage.bus.counted           Float64Array by site: incidents a month within its reach, as counted
   hotspotsPage.bus.rules(chosen)     [{ kept, said }]: what was asked for, and whether the choice keeps it */
(function () {
  const { data } = hotspotsPage;
  const { groups, sites, rules } = data;
  const weight = Float64Array.from(groups.weight);
  const n = Float64Array.from(groups.n);
  const counts = hotspotsDecode.column(groups.counts);
  const site = hotspotsDecode.column(groups.sites);
  const share = Float64Array.from(hotspotsDecode.column(groups.level), (k) => groups.levels[k]);
  const starts = new Int32Array(counts.length + 1);
  for (let g = 0; g < counts.length; g += 1) starts[g + 1] = starts[g] + counts[g];

  const covered = new Float64Array(sites.length);
  const counted = new Float64Array(sites.length);
  for (let g = 0; g < weight.length; g += 1) {
    for (let k = starts[g]; k < starts[g + 1]; k += 1) {
      covered[site[k]] += weight[g] * share[k];
      counted[site[k]] += n[g];
    }
  }

  function measure(chosen) {
    const on = new Uint8Array(sites.length);
    for (const s of chosen) on[s] = 1;
    const marginal = new Float64Array(sites.length);
    const sums = { reach: 0, n: 0, marginal };
    for (let g = 0; g < weight.length; g += 1) {
      let [first, second, who] = [0, 0, -1];
      for (let k = starts[g]; k < starts[g + 1]; k += 1) {
        if (!on[site[k]]) continue;
        if (share[k] > first) [first, second, who] = [share[k], first, site[k]];
        else if (share[k] > second) second = share[k];
      }
      sums.reach += weight[g] * first;
      if (who >= 0) {
        sums.n += n[g];
        marginal[who] += weight[g] * (first - second);
      }
      for (let k = starts[g]; k < starts[g + 1]; k += 1) {
        if (!on[site[k]] && share[k] > first) marginal[site[k]] += weight[g] * (share[k] - first);
      }
    }
    return sums;
  }

  const NAMED = 3;
  const stops = (k) => `${k} stop${k === 1 ? "" : "s"}`;
  const names = (held) => held.map((s) => sites[s].name).join(", ");
  function pairs(chosen) {
    const found = [];
    chosen.forEach((a, i) => chosen.slice(i + 1).forEach((b) => {
      const metres = Math.hypot(sites[a].easting - sites[b].easting, sites[a].northing - sites[b].northing);
      // Coordinates are not exact to a millionth of a metre: two stops just that far apart are far enough.
      if (metres < rules.apart - 1e-6) found.push(`${names([a])} and ${names([b])} ${Math.floor(metres).toLocaleString("en-GB")} m apart`);
    }));
    return found;
  }
  function asked(chosen) {
    const found = [];
    const add = (kept, yes, no) => found.push({ kept, said: kept ? yes : no });
    const among = (held) => chosen.filter((s) => held.includes(s));
    const k = chosen.length;
    const off = k > rules.stops ? `${k - rules.stops} more` : `${rules.stops - k} fewer`;
    add(k === rules.stops, `${stops(k)}, as wanted`, `${stops(k)}: ${off} than the ${rules.stops} wanted`);
    if (rules.apart > 0) {
      const close = pairs(chosen);
      const least = `${Math.round(rules.apart).toLocaleString("en-GB")} m`;
      add(!close.length, `At least ${least} between stops`, `Closer than ${least}: ${close.slice(0, NAMED).join("; ")}${close.length > NAMED ? `; and ${close.length - NAMED} more` : ""}`);
    }
    if (rules.hotspots.length) {
      const twice = rules.hotspots.map(([label, held]) => [label, among(held)]).filter(([, held]) => held.length > 1);
      add(!twice.length, "One stop per hotspot at most", `More than one stop at ${twice.map(([label, held]) => `${label} (${names(held)})`).join("; ")}`);
    }
    if (rules.wards.length) {
      const none = rules.wards.filter(([, held]) => !among(held).length).map(([label]) => label);
      add(!none.length, `A stop in ${rules.wards.map(([label]) => label).join(", ")}`, `No stop in ${none.join(", ")}`);
    }
    const fixed = sites.flatMap((one, s) => (one.status === "fixed" ? [s] : []));
    if (fixed.length) {
      const left = fixed.filter((s) => !chosen.includes(s));
      add(!left.length, `Every fixed site is a stop: ${names(fixed)}`, `Fixed, but no stop: ${names(left)}`);
    }
    const never = chosen.filter((s) => sites[s].status === "never");
    if (never.length) add(false, "", `Not to be a stop: ${never.map((s) => names([s]) + (sites[s].reason ? ` (${sites[s].reason})` : "")).join(", ")}`);
    return found;
  }

  /* Need and reach as a reader sees them: one decimal below 100, whole from there on, never 0 unless it is. */
  function amount(value) {
    if (value > 0 && value < 0.05) return "<0.1";
    return value >= 99.95 ? Math.round(value).toLocaleString("en-GB") : value.toFixed(1);
  }
  function part(value) {
    const percent = 100 * value;
    if (percent === 0) return "0\u202f%";
    if (percent > 0 && percent < 0.1) return "under 0.1\u202f%";
    return `${percent.toFixed(percent >= 10 ? 0 : 1)}\u202f%`;
  }
  hotspotsPage.bus = { measure, covered, counted, rules: asked, amount, part, stops };
})();
