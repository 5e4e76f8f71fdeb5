// SPDX-License-Identifier: GPL-2.0-or-later
/* The chart of the time series: hover, zoom by dragging or by keys, stages marked. */
const TABLE_ROWS = 1000;

function timeSection(data, targets) {
	const series = data.series, chosen = [];
	if (!series)
		return null;
	for (const t of targets) {
		const found = series.targets.find((s) => s.target === t.index);
		if (found)
			chosen.push(Object.assign({name: targetName(t)}, found));
	}
	const others = series.targets.find((s) => s.others);
	if (others)
		chosen.push(Object.assign({name: others.others + " other targets, together"}, others));
	const kinds = kindsOf(series, chosen);
	if (!kinds.length)
		return null;
	const view = {series: series, targets: chosen, kinds: kinds, kind: kinds[0], stages: data.run.stages || [],
		first: 0, last: series.at_ns.length, at: -1};
	const lead = (series.merged > 1 ? series.merged + " rows of the run file are one here. " : "") +
		(others ? "The page has the series of the " + (series.targets.length - 1) + " targets with the most CPU time, and the sum " +
		"of the others. " : "");
	return section("time", "Over time", lead || null, el("p", {class: "lead hint"},
		"Drag to zoom, double-click to zoom out. Keys: ← → move, + − zoom, 0 shows all."), timeFigure(view));
}

function timeFigure(view) {
	const select = el("select", {id: "series-kind", onchange: function () {
		view.kind = view.kinds[+select.value];
		view.refresh();
	}}, view.kinds.map((k, i) => el("option", {value: i}, k.name)));
	const button = (text, label, act) => el("button", {type: "button", "aria-label": label, onclick: act}, text);
	const own = el("input", {type: "checkbox", id: "series-own", onchange: function () {
		view.own = own.checked;
		view.refresh();
	}});
	const ownScale = view.targets.length > 1 ? el("label", {class: "ownscale"}, own, " each to its own scale") : null;
	const node = figure({title: "Time series", note: view.kind.name, role: "presentation", label: "", draw: (svg, width) =>
		drawTime(svg, width, view), tools: [el("label", {}, "Show ", select),
		button("+", "Zoom in", () => zoomBy(view, 0.5)), button("−", "Zoom out", () => zoomBy(view, 2)),
		button("All", "Show all of the recording", () => zoomTo(view, 0, view.series.at_ns.length)), ownScale],
		legend: el("div", {class: "serieslegend"})});
	const box = node.chart.box, details = el("details", {class: "data"}, el("summary", {}, "Table: time series"));
	box.setAttribute("tabindex", "0");
	box.setAttribute("role", "group");
	box.addEventListener("keydown", (event) => timeKey(view, event));
	box.addEventListener("blur", hideTip);
	details.addEventListener("toggle", () => timeTable(view, details));
	node.append(details);
	view.box = box;
	view.refresh = function () {
		node.chart.redraw(true);
		if (ownScale)
			ownScale.hidden = view.kind.key !== "cpu";
		node.querySelector(".serieslegend").replaceChildren(timeLegend(view));
		node.querySelector(".note").textContent = view.kind.name + (view.kind.unit ? ", " + view.kind.unit : "");
		box.setAttribute("aria-label", timeLabel(view));
		timeTable(view, details);
	};
	setTimeout(view.refresh);
	return node;
}

function timeLabel(view) {
	return "Time series, " + view.kind.name + ", of " + view.targets.map((t) => t.name).join(", ") + ", from " +
		fmtSeconds(startOf(view, view.first)) + " to " + fmtSeconds(view.series.at_ns[view.last - 1] / 1e9) +
		". Left and right read the values.";
}

function timeLegend(view) {
	if (view.kind.key === "cpu")
		return legend(MODES.filter((m) => view.targets.some((t) => hasValues(t[m]))).map((m) =>
			({class: "m-" + m, name: MODE_NAME[m] || m})));
	return legend(view.targets.map((t, i) => ({class: "t-" + i % 8, name: t.name})));
}

function startOf(view, row) {
	return (view.series.at_ns[row] - view.series.length_ns[row]) / 1e9;
}

function zoomTo(view, first, last) {
	const n = view.series.at_ns.length;
	view.first = Math.max(0, Math.min(first, n - 1));
	view.last = Math.min(n, Math.max(last, view.first + Math.min(3, n)));
	view.first = Math.max(0, Math.min(view.first, view.last - Math.min(3, n)));
	view.at = -1;
	hideTip();
	view.refresh();
}

function zoomBy(view, factor) {
	const middle = view.at >= view.first && view.at < view.last ? view.at : (view.first + view.last) / 2;
	const half = (view.last - view.first) * factor / 2;
	zoomTo(view, Math.round(middle - half), Math.round(middle + half));
}

/* The row at a time in seconds. */
function rowAt(view, seconds) {
	const row = d3.bisectLeft(view.series.at_ns, seconds * 1e9);
	return Math.max(view.first, Math.min(row, view.last - 1));
}

function timeKey(view, event) {
	const step = event.shiftKey ? 10 : 1;
	const act = {ArrowRight: () => moveTo(view, view.at < 0 ? view.first : view.at + step),
		ArrowLeft: () => moveTo(view, view.at < 0 ? view.last - 1 : view.at - step),
		Home: () => moveTo(view, view.first), End: () => moveTo(view, view.last - 1),
		"+": () => zoomBy(view, 0.5), "=": () => zoomBy(view, 0.5), "-": () => zoomBy(view, 2),
		"0": () => zoomTo(view, 0, view.series.at_ns.length), Escape: hideTip}[event.key];
	if (!act || event.ctrlKey || event.altKey || event.metaKey)
		return;
	event.preventDefault();
	act();
}

function moveTo(view, row) {
	const at = Math.max(view.first, Math.min(row, view.last - 1));
	const place = view.box.getBoundingClientRect();
	const lines = pointAt(view, at, {clientX: place.left + view.x(view.series.at_ns[at] / 1e9),
		clientY: place.top + 20});
	announce(fmtSeconds(view.series.at_ns[at] / 1e9) + ": " + lines.map((l) => l[1] + " " + l[2]).join(", "));
}

/* Moves the line to a row and shows its values; of one panel only if `panel` is given. */
function pointAt(view, row, event, panel) {
	const bin = view.bins.find((b) => row >= b.from && row < b.to) || view.bins[0], lines = [];
	const x = view.x((bin.begin + bin.end) / 2);
	view.at = row;
	view.cursor.attr("x1", x).attr("x2", x).style("display", null);
	view.targets.forEach(function (t, i) {
		if (panel !== undefined && view.kind.key === "cpu" && panel !== i)
			return;
		const value = valueIn(view.series, t, view.kind, bin);
		lines.push([view.kind.key === "cpu" ? null : "t-" + i % 8, t.name, value === null ? UNKNOWN :
			view.kind.format(value) + (view.kind.unit ? " " + view.kind.unit : "")]);
		if (view.kind.key !== "cpu" || view.targets.length > 3 && panel === undefined)
			return;
		for (const m of modesOf(t).reverse()) {
			const sum = sumIn(view.series, t[m], bin);
			if (sum && sum.sum)
				lines.push(["m-" + m, MODE_NAME[m] || m, fmtCpus(sum.sum / sum.ns)]);
		}
	});
	showTip(event, fmtSeconds(bin.begin) + " – " + fmtSeconds(bin.end), lines);
	return lines;
}

function timeTable(view, details) {
	if (!details.open)
		return;
	const names = view.targets.map((t) => t.name), columns = tableColumns(view.targets, view.kind, names);
	const rows = (first, last) => d3.range(first, last).map((i) => [{text: fmtSeconds(view.series.at_ns[i] / 1e9),
		raw: view.series.at_ns[i]}].concat(columns.map((c) => num(cellOf(c.column, i), c.unit))));
	const last = Math.min(view.last, view.first + TABLE_ROWS);
	const spec = {caption: view.kind.name, head: ["at"].concat(columns.map((c) => c.head)), hideCaption: true,
		rows: () => rows(view.first, last)};
	details.replaceChildren(details.firstElementChild, tableNode(spec), el("p", {class: "note"}, last < view.last ?
		"The first " + TABLE_ROWS + " rows; zoom in to see others. The copy has all." : ""),
		copyButton(Object.assign({}, spec, {rows: () => rows(0, view.series.at_ns.length)})));
}
