/* The tables: tabs, rows that can be chosen, sorting, and the numbers of the present view. */
(function () {
  const { data, tools } = hotspotsPage;
  const { make, makeSvg, count, rate } = tools;
  const KINDS = ["hotspots", "areas", "events"];

  /* Tabs */
  const tabs = make("div", "tabs");
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Tables");
  const panels = [...document.querySelectorAll(".tab")];
  const buttons = panels.map((panel, i) => {
    const button = make("button", "", panel.dataset.tab);
    button.type = "button";
    button.id = `tab-${panel.id}`;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    button.addEventListener("click", () => openTab(i));
    button.addEventListener("keydown", (e) => {
      const step = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: panels.length - 1 }[e.key];
      if (step === undefined) return;
      e.preventDefault();
      openTab((step + panels.length) % panels.length, true);
    });
    return button;
  });
  tabs.append(...buttons);
  document.querySelector(".panel").prepend(tabs);
  function openTab(at, focus) {
    panels.forEach((panel, i) => {
      panel.hidden = i !== at;
      buttons[i].setAttribute("aria-selected", String(i === at));
      buttons[i].tabIndex = i === at ? 0 : -1;
    });
    if (panels[at].id === "panel-areas") fillAreas();
    if (focus) buttons[at].focus();
    hotspotsPage.tab = at;
    hotspotsPage.remember?.();
  }

  /* Rows that can be chosen: a real button in each, so that keyboards and screen readers know it. */
  const tables = Object.fromEntries(KINDS.map((kind) => [kind, document.getElementById(`table-${kind}`)]));
  function upgrade(row) {
    const name = row.querySelector(".name");
    const button = make("button", "pick name", name.textContent);
    button.type = "button";
    name.replaceWith(button);
  }
  for (const kind of KINDS) {
    const table = tables[kind];
    if (!table) continue;
    const body = table.tBodies[0];
    for (const row of body.rows) upgrade(row);
    body.addEventListener("click", (e) => {
      const row = e.target.closest("tr");
      if (row) hotspotsPage.choose(kind, Number(row.dataset.i), { from: "table" });
    });
    body.addEventListener("keydown", (e) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key];
      let row = step && e.target.closest("tr")?.[step];
      while (row && row.hidden) row = row[step];
      if (!row) return;
      e.preventDefault();
      row.querySelector(".pick").focus();
    });
  }

  /* A column for the incidents of the present view, there only while something is left out. */
  function addShown(table) {
    const head = make("th", "num shown", "shown");
    head.scope = "col";
    head.dataset.sort = "shown";
    const heads = table.tHead.rows[0];
    heads.insertBefore(head, heads.cells[2]);
    for (const row of table.tBodies[0].rows) row.insertBefore(make("td", "num shown"), row.cells[2]);
  }
  for (const kind of ["hotspots", "areas"]) if (tables[kind]) addShown(tables[kind]);
  for (const kind of KINDS) {
    for (const head of tables[kind]?.tHead.querySelectorAll("th[data-sort]") ?? []) sortable(kind, tables[kind], head);
  }

  function sortValues(kind, key) {
    const { shown } = hotspotsPage;
    if (key === "shown") return shown[kind];
    if (kind === "hotspots") return data.hotspots.map((h) => h.sort[Number(key)]);
    if (key in data.areas) return data.areas[key];
    return shown.rates[Number(key)] ?? shown.classes[Number(key)];
  }
  function sortable(kind, table, head) {
    const button = make("button", "");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.again = (up) => {
      const values = sortValues(kind, head.dataset.sort);
      for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (up ? 1 : -1));
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => order(values[a.dataset.i], values[b.dataset.i]) || a.dataset.i - b.dataset.i);
      table.tBodies[0].append(...rows);
      if (kind === "areas") table.caption.textContent = `Sorted by “${button.textContent}”, ${up ? "lowest" : "highest"} first`;
    };
    button.addEventListener("click", () => {
      const upFirst = head.dataset.sort === "name" || (kind === "hotspots" && head.dataset.sort === "0");
      const before = head.getAttribute("aria-sort");
      head.again(before ? before !== "ascending" : upFirst);
    });
  }
  /* Numbers that have changed want their order again; an order by a column that is gone gives way to the ranks. */
  function sortAgain(kind) {
    const head = tables[kind].tHead.querySelector("[aria-sort]");
    if (!head) return;
    if (hotspotsPage.plain && head.dataset.sort === "shown") {
      head.removeAttribute("aria-sort");
      tables[kind].tHead.querySelector(kind === "hotspots" ? '[data-sort="0"]' : '.by[data-sort="0"]').again(kind === "hotspots");
    } else {
      head.again(head.getAttribute("aria-sort") === "ascending");
    }
  }

  /* Areas: the page's text holds the first rows only; the others are made when somebody looks. */
  let filled = false;
  function fillAreas() {
    const body = tables.areas.tBodies[0];
    if (filled) return;
    filled = true;
    const have = new Set([...body.rows].map((row) => Number(row.dataset.i)));
    const rates = data.areas.rates[0];
    const rest = data.areas.code.map((_, i) => i).filter((i) => !have.has(i));
    rest.sort((a, b) => data.areas.inside[b] - data.areas.inside[a] || (rates[b] ?? -1) - (rates[a] ?? -1) || a - b);
    body.append(...rest.map(areaRow));
    tables.areas.querySelector(".cut")?.remove();
    showAreas();
    const find = document.querySelector(".find");
    find.hidden = false;
    find.querySelector("input").addEventListener("input", (e) => {
      const wanted = e.target.value.trim().toLowerCase();
      const { name, code } = data.areas;
      for (const row of body.rows) {
        const i = row.dataset.i;
        row.hidden = !(name[i].toLowerCase().includes(wanted) || code[i].toLowerCase().includes(wanted));
      }
      const n = [...body.rows].filter((row) => !row.hidden).length;
      find.querySelector(".said").textContent = wanted ? `${n} LSOA${n === 1 ? "" : "s"} found` : "";
    });
  }
  function areaRow(i) {
    const a = data.areas;
    const row = make("tr", "");
    row.dataset.i = i;
    const small = `${a.code[i]}${a.inside[i] ? "" : " · outside the line"}`;
    const head = make("th", "", make("span", "name", a.name[i]), make("span", "small", small));
    head.scope = "row";
    row.append(head, make("td", "num", count(a.month[i])), make("td", "num shown"), make("td", "num", count(a.n[i])));
    data.measures.forEach((_, at) => row.append(make("td", `num by by-${at}`, ...rated(at, i))));
    upgrade(row);
    return row;
  }
  /* What the map says of an area by a measure: words and swatch. */
  function rated(at, i) {
    return [`${hotspotsPage.said(at, i)} `, swatch(at, hotspotsPage.shown.classes[at][i])];
  }
  hotspotsPage.said = function (at, i) {
    const { shown } = hotspotsPage;
    const { breaks, ranges } = data.measures[at];
    const number = shown.classes[at][i];
    if (!breaks) return number === null ? "not tested" : ranges[number - 1];
    return number === null ? "no data" : rate(shown.rates[at][i]);
  };
  function swatch(at, number) {
    const dark = data.measures[at].breaks && number > data.measures[at].ranges.length * 0.8;
    const look = number === null ? "no-data" : `m${at} class-${number}`;
    const label = number === null ? "no data" : `class ${number}`;
    const box = makeSvg("svg", { class: "swatch", viewBox: "0 0 16 14", role: "img", "aria-label": label },
      makeSvg("rect", { class: look, x: 0.5, y: 0.5, width: 15, height: 13 }));
    if (number !== null) box.append(makeSvg("text", { class: dark ? "on-dark" : "on-light", x: 8, y: 10.5 }, String(number)));
    return box;
  }

  /* The numbers of the present view. */
  function showAreas() {
    const { shown, plain } = hotspotsPage;
    const table = tables.areas;
    table.classList.toggle("all-shown", plain);
    if (!filled) return;
    for (const row of table.tBodies[0].rows) {
      const i = Number(row.dataset.i);
      row.cells[2].textContent = data.areas.n[i] === null ? "–" : count(shown.areas[i]);
      data.measures.forEach((measure, at) => {
        if (measure.breaks) row.cells[4 + at].replaceChildren(...rated(at, i));
      });
    }
  }
  hotspotsPage.showTables = function () {
    const { shown, plain } = hotspotsPage;
    if (tables.hotspots) {
      tables.hotspots.classList.toggle("all-shown", plain);
      for (const row of tables.hotspots.tBodies[0].rows) {
        row.querySelector(".shown").textContent = count(shown.hotspots[Number(row.dataset.i)]);
      }
    }
    showAreas();
    for (const kind of ["hotspots", "areas"]) if (tables[kind]) sortAgain(kind);
  };
  hotspotsPage.showMeasure = function (at) {
    tables.areas.className = tables.areas.className.replace(/\bonly-\d+/g, "").trim();
    tables.areas.classList.add(`only-${at}`);
  };

  /* Events of a span of days, and of a risk. */
  const RISKS = ["low", "medium", "high"];
  const choices = document.getElementById("choose-events");
  const picks = Object.fromEntries([...(choices?.querySelectorAll("select") ?? [])].map((pick) => [pick.dataset.by, pick]));
  let held = data.events.map(() => true);
  hotspotsPage.eventShown = (i) => held[i];
  /* One of the spans given, or free days `first_last`; none: all days. */
  hotspotsPage.eventSpan = function () {
    const { value } = picks.period;
    const [first, last] = value.split("_");
    return data.periods[value || -1] ?? (last ? { first, last } : null);
  };
  /* When an event is: of one that comes again the dates within the span shown, or all where none of them is. */
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MOST_DATES = 5;
  const FIRST_DATES = 3;
  const inSpan = (span) => ([first, last]) => !span || (first <= span.last && last >= span.first);
  function listed(days) {
    const given = days.map((day) => new Date(`${day}T00:00:00Z`));
    const end = (at) => `${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
    return given.map((at, k) => {
      const more = k + 1 < given.length && end(given[k + 1]) === end(at);
      return `${WEEK[at.getUTCDay()]} ${at.getUTCDate()}${more ? "" : ` ${end(at)}`}`;
    });
  }
  const datesIn = (i) => {
    const { dates } = data.events[i];
    const own = dates.filter(inSpan(hotspotsPage.eventSpan()));
    return own.length ? own : dates;
  };
  hotspotsPage.eventWhen = function (i) {
    const e = data.events[i];
    if (!e.rule || !picks.period) return e.when;
    const days = datesIn(i).map(([first]) => first);
    const said = days.length > MOST_DATES ? listed([...days.slice(0, FIRST_DATES), days[days.length - 1]]) : listed(days);
    if (days.length > MOST_DATES) said.splice(FIRST_DATES, 0, "…");
    const n = `${days.length} date${days.length === 1 ? "" : "s"}`;
    return `${e.rule}; ${n}: ${said.join(", ").replace(", …, ", ", … ")}${e.clock && `, ${e.clock}`}`;
  };
  hotspotsPage.eventRisk = (e) => (e.risk ? `${e.risk} risk` : "risk not graded");
  /* Rows in the order of their first date within the span. */
  function tellDates() {
    const begins = data.events.map((e, i) => `${datesIn(i)[0][0]} ${e.from}`);
    const body = tables.events.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => (begins[a.dataset.i] < begins[b.dataset.i] ? -1 : begins[a.dataset.i] > begins[b.dataset.i] ? 1 : a.dataset.i - b.dataset.i));
    for (const row of rows) {
      const i = Number(row.dataset.i);
      row.cells[2].textContent = hotspotsPage.eventWhen(i);
      hotspotsPage.nameMark?.(i);
    }
    if (rows.some((row, at) => row !== body.rows[at])) body.append(...rows);
  }
  function countSigns() {
    for (const key of document.querySelectorAll(".legend .key")) {
      const { risk, kind } = key.dataset;
      const n = data.events.filter((e, i) => held[i] && e.at && (risk === undefined ? e.kind === kind : (e.risk ?? "none") === risk)).length;
      key.lastElementChild.textContent = n;
      key.hidden = !n;
      key.parentNode.classList.toggle("empty", !held.some((one, i) => one && data.events[i].at));
    }
  }
  function showEvents() {
    const period = hotspotsPage.eventSpan();
    const least = RISKS.indexOf(picks.risk?.value ?? "");
    held = data.events.map((e) =>
      e.dates.some(inSpan(period)) && (least < 0 || RISKS.indexOf(e.risk) >= least));
    for (const row of tables.events.tBodies[0].rows) row.hidden = !held[Number(row.dataset.i)];
    tellDates();
    const off = data.events.map((e) => e.off);
    const n = held.filter((one, i) => one && !off[i]).length;
    const left = held.filter((one, i) => one && off[i]).length;
    const chosen = [picks.period, picks.risk].filter((pick) => pick && pick.value).map((pick) => pick.selectedOptions[0].textContent);
    choices.querySelector(".said").textContent = chosen.length ? `${n} of ${off.filter((one) => !one).length} events (${chosen.join(", ")})${left ? `, and ${left} cancelled` : ""}` : "";
    const { chosen: place } = hotspotsPage;
    if (place && place.kind !== "areas") hotspotsPage.fillCard(place.kind, place.i);
    hotspotsPage.showMarks("events", (i) => held[i]);
    countSigns();
    hotspotsPage.showDays?.();
  }
  if (choices && tables.events) {
    choices.hidden = false;
    choices.addEventListener("change", () => {
      showEvents();
      hotspotsPage.remember();
    });
  }
  Object.assign(hotspotsPage, { KINDS, openTab, fillAreas, tables, swatch, panels, eventPicks: picks, showEvents: () => choices && showEvents() });
})();
