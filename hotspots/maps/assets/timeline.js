/* The strip of days: a line for each event with all its dates. The days shown are marked on it, and can be chosen there. */
(function () {
  const { data, tools, tables, eventMark, eventPicks } = hotspotsPage;
  if (!tables.events || !data.months.length) return;
  const { make, makeSvg } = tools;
  const DAY = 864e5;
  const ROW = 20;
  const HEAD = 50;
  const END = 26;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

  /* Days as whole numbers; the strip is the month of the page and the next. */
  const number = (iso) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY);
  function parts(day) {
    const at = new Date(day * DAY);
    const date = at.getUTCDate();
    return { iso: at.toISOString().slice(0, 10), date, week: at.getUTCDay(), long: `${date} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}` };
  }
  const [year, month] = data.months[data.months.length - 1].key.split("-").map(Number);
  const from = Date.UTC(year, month - 1, 1) / DAY;
  const to = Date.UTC(year, month + 1, 0) / DAY;
  const all = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const clamp = (day) => Math.min(to, Math.max(from, day));
  const words = (first, last) => (first === last ? "" : `${parts(first).long} – `) + parts(last).long;
  const live = data.events.map((_, i) => i).filter((i) => !data.events[i].off);
  const dates = data.events.map((e) => e.dates.map((ends) => ends.map(number)).filter(([first, last]) => last >= from && first <= to));

  /* The days chosen are those of the list above; other days become an entry of it. */
  const pick = eventPicks.period;
  const spans = data.periods.map((period) => [number(period.first), number(period.last)].join());
  const free = make("option", "");
  function shown() {
    const span = hotspotsPage.eventSpan();
    return span ? [clamp(number(span.first)), clamp(number(span.last))] : [from, to];
  }
  hotspotsPage.freeDays = function (value) {
    const [first, last] = value.split("_").map(number);
    if (!(first >= from && last <= to && first <= last)) return;
    pick.append(free);
    free.value = [first, last].map((day) => parts(day).iso).join("_");
    free.textContent = words(first, last);
  };
  function choose(first, last) {
    const at = spans.indexOf(`${first},${last}`);
    let value = first === from && last === to ? "" : String(at);
    if (value === "-1") value = `${parts(first).iso}_${parts(last).iso}`;
    if (pick.value === value) return;
    hotspotsPage.freeDays(value);
    pick.value = value;
    hotspotsPage.showEvents();
    hotspotsPage.remember();
  }

  /* The parts, drawn for a width */
  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }
  const ends = ["First", "Last"].map((name, at) => {
    const end = set(make("span", `end end-${at}`), { role: "slider", tabindex: 0, "aria-label": `${name} day of the events shown`, "aria-valuemin": 0, "aria-valuemax": to - from });
    end.addEventListener("keydown", (e) => moveEnd(e, at));
    return end;
  });
  const label = `${live.length} events by day, ${words(from, to)}, in order of time; the table below says the same.`;
  const [head, body] = [make("div", "days-head"), set(make("div", "days-rows"), { role: "img", "aria-label": label })];
  const box = set(make("div", "days", head, body), { role: "region", "aria-label": "Events by day", tabindex: 0 });
  tables.events.before(box);
  let [wide, names, step, marks, lines] = [0, 0, 0, [], []];
  const x = (day) => names + (day - from) * step;
  const pen = document.createElement("canvas").getContext("2d");
  function fit(text, room) {
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    let said = text.slice(0, 60);
    while (said.length > 1 && pen.measureText(said).width > room) said = `${said.slice(0, -2).trim()}…`;
    return said;
  }
  const sign = (i, middle, y, side) => set(eventMark(i), { x: middle - side / 2, y: y - side / 2, width: side, height: side });
  const titled = (i) => `${data.events[i].title}: ${hotspotsPage.eventWhen(i)}, ${hotspotsPage.eventRisk(data.events[i])}`;
  function line(i) {
    const e = data.events[i];
    const middle = ROW / 2;
    const own = dates[i].flatMap(([first, last]) => {
      const [left, right] = [x(Math.max(first, from)), x(Math.min(last, to) + 1)];
      const bar = last > first && makeSvg("rect", { class: "date bar", x: left + 0.5, y: middle - 4, width: right - left - 1, height: 8, rx: 3 });
      if (dates[i].length > 1) return bar || makeSvg("rect", { class: "date", x: (left + right) / 2 - 1.25, y: middle - 7, width: 2.5, height: 14 });
      const mark = sign(i, left + step / 2, middle, 13);
      mark.classList.add("date");
      mark.lastChild.remove();
      return bar ? [bar, mark] : mark;
    });
    return chart(ROW, { class: "line", "data-i": i, "aria-hidden": "true" }, [
      makeSvg("title", {}, titled(i)),
      makeSvg("rect", { class: "hit", width: wide, height: ROW }), sign(i, 9, middle, 17),
      makeSvg("text", { class: "named", x: 21, y: middle + 4 }, fit(e.title, names - 26)), ...own,
    ]);
  }
  function chart(height, about, over) {
    const span = makeSvg("rect", { class: "span", height });
    marks.push(span);
    const weekends = all.filter((day) => parts(day).week % 6 === 0).map((day) => `M${x(day).toFixed(1)} 0h${step.toFixed(1)}v${height}h-${step.toFixed(1)}z`);
    return makeSvg("svg", { viewBox: `0 0 ${wide} ${height}`, ...about }, makeSvg("path", { class: "weekend", d: weekends.join("") }), span, ...over);
  }
  function axis() {
    const handle = makeSvg("rect", { class: "held-days", y: HEAD - 19, height: 12, rx: 2 });
    marks.push(handle);
    const said = all.flatMap((day) => {
      const { date, week, long } = parts(day);
      return [
        ...(date === 1 ? [makeSvg("text", { class: "month", x: x(day) + 3, y: 11 }, long.slice(2))] : []),
        ...(week === 1 ? [makeSvg("text", { x: x(day) + step / 2, y: 23 }, String(date))] : []),
      ];
    });
    return [...said, handle];
  }
  function draw() {
    wide = box.clientWidth || 420;
    names = Math.round(Math.min(150, wide * 0.34));
    step = (wide - names - END) / all.length;
    marks = [];
    lines = live.map(line);
    head.replaceChildren(chart(HEAD, { "aria-hidden": "true" }, axis()), ...ends);
    body.replaceChildren(...lines);
    hotspotsPage.showDays();
  }

  /* What is chosen, on the strip. */
  let drag = null;
  hotspotsPage.showDays = function () {
    const span = shown();
    const [left, right] = [x(span[0]), x(span[1] + 1)];
    for (const mark of marks) set(mark, { x: left, width: right - left });
    ends.forEach((end, at) => {
      const { week, long } = parts(span[at]);
      end.style.left = `${at ? right : left - END}px`;
      set(end, { "aria-valuenow": span[at] - from, "aria-valuetext": `${WEEK[week]} ${long}` });
    });
    const { chosen } = hotspotsPage;
    const held = lines.map((one, at) => {
      const i = live[at];
      one.querySelector("title").textContent = titled(i);
      one.classList.toggle("chosen", chosen?.kind === "events" && chosen.i === i);
      one.classList.toggle("left", !hotspotsPage.eventShown(i));
      return hotspotsPage.eventShown(i);
    });
    if (!drag && !ends.includes(document.activeElement)) box.scrollTop = Math.max(0, held.indexOf(true)) * ROW;
  };

  /* Keys on an end: a day, with Page a week; with Shift both ends together. */
  function moveEnd(e, at) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: from - to, End: to - from }[e.key];
    if (!by) return;
    e.preventDefault();
    const [first, last] = shown();
    const way = Math.max(from - first, Math.min(to - last, by));
    if (e.shiftKey) choose(first + way, last + way);
    else if (at) choose(first, Math.max(first, clamp(last + by)));
    else choose(Math.min(last, clamp(first + by)), last);
  }

  /* The pointer: from day to day, or an end; a name, or a date without a move, chooses the event. */
  const place = (e) => e.clientX - box.getBoundingClientRect().left - box.clientLeft;
  const dayAt = (e) => clamp(from + Math.floor((place(e) - names) / step));
  box.addEventListener("pointerdown", (e) => {
    const row = e.target.closest(".line");
    const at = ends.indexOf(e.target);
    const on = row && (place(e) < names || e.target.closest(".date"));
    if (e.button || place(e) > wide || (at < 0 && !on && place(e) < names)) return;
    drag = { anchor: at < 0 ? dayAt(e) : shown()[1 - at], row: on ? Number(row.dataset.i) : -1, moved: at >= 0, x: e.clientX };
  });
  box.addEventListener("pointermove", (e) => {
    if (!drag || (!drag.moved && Math.abs(e.clientX - drag.x) < 5)) return;
    box.setPointerCapture(e.pointerId);
    drag.moved = true;
    const day = dayAt(e);
    choose(Math.min(drag.anchor, day), Math.max(drag.anchor, day));
  });
  box.addEventListener("pointerup", () => {
    if (!drag) return;
    const { moved, row, anchor } = drag;
    drag = null;
    if (moved) return;
    if (row < 0) choose(anchor, anchor);
    else hotspotsPage.choose("events", row, { from: "table" });
  });
  box.addEventListener("pointercancel", () => { drag = null; });
  draw();
  new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== wide) draw();
  }).observe(box);
})();
