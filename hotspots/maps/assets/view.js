/* The view: which month, crime types, theme, days and hours are shown. Map, tables and legend follow together. */
(function () {
  const { data, layers, tools, swatch } = hotspotsPage;
  const { make, count } = tools;
  const { rows } = data;
  const DAYS = 7;
  const HOURS = 24;
  const last = data.months.length - 1;
  const everything = data.window === "1 month" ? "The one month held" : `All ${data.window}`;
  const fresh = () => ({ month: null, kinds: null, theme: null, days: null, from: 0, to: HOURS });
  let view = fresh();

  /* Counting: one pass over the rows for every change. */
  function hoursOfWeek() {
    if (!view.days && view.from === 0 && view.to === HOURS) return null;
    const held = new Uint8Array(DAYS * HOURS);
    const until = view.to > view.from ? view.to : view.to + HOURS;
    for (const day of view.days ?? Array(DAYS).keys()) {
      // An evening that passes midnight belongs to the day it began on.
      for (let hour = view.from; hour < until; hour += 1) held[(day * HOURS + hour) % held.length] = 1;
    }
    return held;
  }
  function counted() {
    const sums = { locations: new Uint32Array(tools.nLocations), areas: new Uint32Array(data.areas.code.length),
      hotspots: new Uint32Array(data.hotspots.length), total: 0, untimed: 0 };
    const hours = hoursOfWeek();
    for (let i = 0; i < rows.n.length; i += 1) {
      if (view.month !== null && rows.month[i] !== view.month) continue;
      if (view.kinds && !view.kinds.includes(rows.kind[i])) continue;
      if (view.theme !== null && Math.floor(rows.theme[i] / 2 ** view.theme) % 2 === 0) continue;
      const [area, n] = [rows.area[i], rows.n[i]];
      const inside = area >= 0 && data.areas.inside[area];
      if (hours && rows.hour[i] < 0) {
        if (inside) sums.untimed += n;
        continue;
      }
      if (hours && !hours[rows.hour[i]]) continue;
      sums.locations[rows.location[i]] += n;
      if (area >= 0) sums.areas[area] += n;
      if (rows.hotspot[i] >= 0) sums.hotspots[rows.hotspot[i]] += n;
      if (inside) sums.total += n;
    }
    return sums;
  }

  /* Classes: the given ones while all is shown; else by the same bounds, or by those of single months. */
  const isPlain = () => view.month === null && !view.kinds && view.theme === null && !hoursOfWeek();
  hotspotsPage.scale = function (at) {
    const measure = data.measures[at];
    return measure.breaks && view.month !== null ? measure.month : measure;
  };
  function rated(at, sums) {
    const measure = data.measures[at];
    const { breaks } = hotspotsPage.scale(at);
    const gap = view.month !== null && data.months[view.month].n === null;
    const rates = data.areas.divisors[at].map((size, i) =>
      (gap || size === null || data.areas.classes[at][i] === null ? null : (measure.times * sums.areas[i]) / size));
    const classes = rates.map((rate) => (rate === null ? null : 1 + breaks.filter((bound) => rate >= bound).length));
    return { rates, classes };
  }
  function shown() {
    const sums = counted();
    const plain = isPlain();
    const made = data.measures.map((measure, at) => (measure.breaks && !plain ? rated(at, sums) : { rates: data.areas.rates[at], classes: data.areas.classes[at] }));
    return { ...sums, rates: made.map((one) => one.rates), classes: made.map((one) => one.classes) };
  }

  /* What a legend must add while something is chosen. */
  function note(at) {
    if (hotspotsPage.plain) return "";
    if (!data.measures[at].breaks) return ": does not follow what is chosen";
    const part = view.kinds || view.theme !== null || hoursOfWeek();
    return ` (${said(true)}${part ? "; classes as for all incidents" : ""})`;
  }

  /* The legend of a measure, with the areas of each class inside the line. */
  function showLegend(at) {
    const part = document.querySelector(`.legend .measure[data-measure="${at}"]`);
    const { title, ranges } = hotspotsPage.scale(at);
    const classes = hotspotsPage.shown.classes[at];
    const sums = ranges.map((_, k) => classes.filter((number, i) => number === k + 1 && data.areas.inside[i]).length);
    const none = classes.filter((number) => number === null).length;
    const outside = none && classes.every((number, i) => number !== null || !data.areas.inside[i]) ? ", all outside the line" : "";
    part.querySelector(".legend-title").textContent = title + note(at);
    const lines = ranges.map((words, k) => make("li", "", swatch(at, k + 1), ` ${words} · ${count(sums[k])}${k ? "" : ` LSOA${sums[k] === 1 ? "" : "s"}`}`));
    if (none) lines.push(make("li", "", swatch(at, null), ` ${data.measures[at].breaks ? "no data" : "not tested"} · ${count(none)}${outside}`));
    part.querySelector("ul").replaceChildren(...lines);
  }

  /* What is shown, in words. */
  const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;
  function said(short) {
    const parts = [view.month === null ? null : data.months[view.month].name];
    if (view.theme !== null) parts.push(rows.themes[view.theme]);
    if (view.kinds && short) parts.push(`${view.kinds.length} of ${rows.kinds.length} crime types`);
    else if (view.kinds) parts.push(view.kinds.length ? view.kinds.map((k) => rows.kinds[k]).join(", ") : "no crime type");
    if (view.days) parts.push(view.days.length ? view.days.map((day) => DAY_NAMES[day]).join(", ") : "no day");
    if (view.from === view.to) parts.push(`from ${clock(view.from)} for a day`);
    else if (view.from !== 0 || view.to !== HOURS) parts.push(`${clock(view.from)}–${clock(view.to)}`);
    return parts.filter(Boolean).join(", ");
  }

  /* The controls */
  const box = document.getElementById("choose-view");
  const find = (selector) => box.querySelector(selector);
  const slider = document.querySelector(".slider");
  const all = find(".all");
  const bars = [...document.querySelectorAll(".bars g")];
  const checks = (by) => [...box.querySelectorAll(`[data-by="${by}"] input`)];
  const theme = find('[data-by="theme"]');
  const ends = Object.fromEntries([...box.querySelectorAll("[data-end]")].map((pick) => [pick.dataset.end, pick]));
  const chosen = (boxes) => (boxes.every((one) => one.checked) ? null : boxes.filter((one) => one.checked).map((one) => Number(one.value)));
  function showControls() {
    const month = view.month ?? last;
    if (slider) {
      slider.value = month;
      slider.classList.toggle("of-all", view.month === null);
      slider.setAttribute("aria-valuetext", view.month === null ? everything : `${data.months[month].name}: ${data.months[month].n === null ? "missing from the input" : count(hotspotsPage.shown.total)}`);
      all.setAttribute("aria-pressed", String(view.month === null));
      bars.forEach((bar, i) => bar.classList.toggle("shown-bar", i === view.month));
    }
    const tick = (by, held) => checks(by).forEach((one) => { one.checked = !held || held.includes(Number(one.value)); });
    tick("kinds", view.kinds);
    tick("hours", view.days);
    if (theme) theme.value = view.theme ?? "";
    if (ends.from) [ends.from.value, ends.to.value] = [view.from, view.to];
    find(".reset").hidden = hotspotsPage.plain;
    const { shown: now } = hotspotsPage;
    const gap = view.month !== null && data.months[view.month].n === null;
    const left = now.untimed ? `; ${count(now.untimed)} without one known hour are left out` : "";
    find(".shown-what").textContent = hotspotsPage.plain ? everything : said();
    find(".shown-count").textContent = gap ? "missing from the input" : `${count(now.total)} incident${now.total === 1 ? "" : "s"} in the area${left}`;
  }

  /* Everything follows the view. */
  hotspotsPage.show = function (change = {}) {
    view = { ...view, ...change };
    hotspotsPage.view = view;
    hotspotsPage.plain = isPlain();
    hotspotsPage.shown = shown();
    for (const group of layers.areas) group.repaint();
    layers.locations.setCounts(hotspotsPage.shown.locations);
    layers.drawn?.setMonth(view.month);
    data.measures.forEach((_, at) => showLegend(at));
    hotspotsPage.showTables();
    hotspotsPage.showSigns?.();
    showControls();
    const { chosen: place } = hotspotsPage;
    if (place) hotspotsPage.fillCard(place.kind, place.i);
    hotspotsPage.remember?.();
  };
  hotspotsPage.freshView = fresh;

  const controls = find(".controls");
  if (slider) {
    slider.addEventListener("input", () => hotspotsPage.show({ month: Number(slider.value) }));
    // While all months are shown the thumb rests on the last one, which no key could then choose.
    const rest = () => view.month === null && hotspotsPage.show({ month: Number(slider.value) });
    slider.addEventListener("click", rest);
    slider.addEventListener("keydown", (e) => ["ArrowRight", "ArrowUp", "End", "Enter", " "].includes(e.key) && rest());
    all.addEventListener("click", () => hotspotsPage.show({ month: null }));
    bars.forEach((bar, i) => bar.addEventListener("click", () => hotspotsPage.show({ month: view.month === i ? null : i })));
  }
  for (const by of ["kinds", "hours"]) {
    for (const one of checks(by)) one.addEventListener("change", () => hotspotsPage.show({ [by === "kinds" ? "kinds" : "days"]: chosen(checks(by)) }));
  }
  theme?.addEventListener("change", () => hotspotsPage.show({ theme: theme.value === "" ? null : Number(theme.value) }));
  for (const pick of Object.values(ends)) {
    pick.addEventListener("change", () => hotspotsPage.show({ from: Number(ends.from.value), to: Number(ends.to.value) }));
  }
  find(".reset").addEventListener("click", () => {
    hotspotsPage.show(fresh());
    (all ?? controls.querySelector("summary, select"))?.focus();
  });
  // One open list at a time, and Escape closes it.
  const lists = [...box.querySelectorAll("details")];
  for (const list of lists) {
    list.addEventListener("toggle", () => list.open && lists.forEach((other) => { if (other !== list) other.open = false; }));
    list.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      list.open = false;
      list.querySelector("summary").focus();
    });
  }
  document.addEventListener("click", (e) => lists.forEach((list) => { if (!list.contains(e.target)) list.open = false; }));
})();
