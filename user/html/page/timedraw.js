// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws the time series: stacked areas, a panel for each target, or a line for each target. */
function drawTime(svg, width, view) {
	const narrow = width < 620, left = 52, right = 12, top = view.stages.length ? 22 : 4, stacked = view.kind.key === "cpu";
	const panels = stacked ? view.targets.length : 1, high = stacked && panels > 1 ? (panels > 3 ? 74 : 104) : 220;
	const gap = stacked ? 26 : 0, bottom = top + panels * (high + gap);
	const x = d3.scale.linear().range([left, width - right])
		.domain([startOf(view, view.first), view.series.at_ns[view.last - 1] / 1e9]);

	view.x = x;
	view.bins = binsOf(view.series, view.first, view.last, Math.max(50, (width - left - right) / 2));
	const y = d3.scale.linear(), all = mostIn(view, view.targets);
	y.domain([0, all || 1]).nice(4);
	for (let i = 0; i < panels; i++) {
		const from = top + i * (high + gap) + gap - (stacked ? 6 : 0);
		y.range([from + high, from]);
		if (stacked && view.own)
			y.domain([0, mostIn(view, [view.targets[i]]) || 1]).nice(4);
		panelAxis(svg, y, left, width - right, view.kind, narrow);
		if (stacked) {
			drawModes(svg, view, view.targets[i], x, y);
			fit(text(svg, left, from - 6, "", "name").node(), view.targets[i].name, width - left);
		}
	}
	if (!stacked)
		view.targets.forEach((t, i) => drawLine(svg, view, t, x, y, "t-" + i % 8));
	timeAxis(svg, x, bottom, narrow);
	drawStages(svg, view, x, top - 8, bottom, narrow);
	view.cursor = svg.append("line").attr("class", "cursor").attr("y1", top).attr("y2", bottom)
		.style("display", "none");
	listen(svg, view, {left: left, right: width - right, top: top, bottom: bottom, each: high + gap,
		panels: panels});
	return bottom + 36;
}

function mostIn(view, targets) {
	return d3.max(targets, (t) => d3.max(view.bins, (b) => valueIn(view.series, t, view.kind, b)));
}

function panelAxis(svg, y, left, right, kind, narrow) {
	const ticks = y.ticks(narrow ? 3 : 4), g = svg.append("g").attr("class", "axis");
	g.selectAll("line").data(ticks).enter().append("line").attr("x1", left).attr("x2", right)
		.attr("y1", y).attr("y2", y);
	g.selectAll("text").data(ticks).enter().append("text").attr("x", left - 6).attr("y", (d) => y(d) + 4)
		.attr("text-anchor", "end").text((d) => tick(kind.format)(d).replace(" /s", "").replace("/s", ""));
}

function timeAxis(svg, x, bottom, narrow) {
	const g = svg.append("g").attr("class", "axis");
	g.selectAll("text").data(x.ticks(narrow ? 4 : 9)).enter().append("text").attr("x", x).attr("y", bottom + 16)
		.attr("text-anchor", "middle").text((d) => d + " s");
	text(g, x.range()[1], bottom + 31, "time since the start", "sub", "end");
}

/* Points of steps: each value holds over its bin. */
function stepPoints(bins, values) {
	const points = bins.map((b, i) => ({at: b.end, low: values[i] && values[i][0], high: values[i] && values[i][1]}));
	if (values.length)
		points.unshift(Object.assign({}, points[0], {at: bins[0].begin}));
	return points;
}

function drawModes(svg, view, target, x, y) {
	const sums = view.bins.map(() => 0), ns = view.bins.map((b) => d3.sum(view.series.length_ns.slice(b.from, b.to)));
	const area = d3.svg.area().interpolate("step-before").defined((p) => p.high !== null && p.high !== undefined)
		.x((p) => x(p.at)).y0((p) => y(p.low)).y1((p) => y(p.high));
	for (const mode of modesOf(target)) {
		const values = view.bins.map(function (bin, i) {
			const found = sumIn(view.series, target[mode], bin), low = sums[i];
			sums[i] += found && ns[i] ? found.sum / ns[i] : 0;
			return found ? [low, sums[i]] : null;
		});
		svg.append("path").attr("class", "area m-" + mode).attr("d", area(stepPoints(view.bins, values)));
	}
}

function drawLine(svg, view, target, x, y, cls) {
	const line = d3.svg.line().interpolate("step-before").defined((p) => p.high !== null && p.high !== undefined)
		.x((p) => x(p.at)).y((p) => y(p.high));
	const values = view.bins.map(function (bin) {
		const value = valueIn(view.series, target, view.kind, bin);
		return value === null ? null : [0, value];
	});
	svg.append("path").attr("class", "line " + cls).attr("d", line(stepPoints(view.bins, values)));
}

function drawStages(svg, view, x, top, bottom, narrow) {
	const ends = x.domain();
	view.stages.forEach(function (stage, i) {
		const at = stage.at_ns / 1e9, next = view.stages[i + 1] ? view.stages[i + 1].at_ns / 1e9 : ends[1];
		if (next <= ends[0] || at >= ends[1])
			return;
		const from = x(Math.max(at, ends[0])), room = x(Math.min(next, ends[1])) - from;
		svg.append("line").attr("class", "stage").attr("x1", from).attr("x2", from).attr("y1", top - 6)
			.attr("y2", bottom);
		if (room > (narrow ? 30 : 40))
			fit(text(svg, from + 4, top + 4, "", "stagename").node(), visible(stage.name), room - 8);
	});
}

/* Hovering, dragging over a range, double click. */
function listen(svg, view, area) {
	const node = svg.node(), band = rect(svg, 0, area.top, 0, area.bottom - area.top, "band");
	const cover = rect(svg, area.left, area.top, area.right - area.left, area.bottom - area.top, "cover").node();
	const place = (event) => Math.max(area.left, Math.min(event.clientX - node.getBoundingClientRect().left,
		area.right));
	let from = null;

	cover.addEventListener("pointerdown", function (event) {
		from = place(event);
		cover.setPointerCapture(event.pointerId);
	});
	cover.addEventListener("pointermove", function (event) {
		const at = place(event), y = event.clientY - node.getBoundingClientRect().top;
		const panel = Math.max(0, Math.min(area.panels - 1, Math.floor((y - area.top) / area.each)));
		if (from !== null)
			band.attr("x", Math.min(from, at)).attr("width", Math.abs(at - from));
		pointAt(view, rowAt(view, view.x.invert(at)), event, panel);
	});
	cover.addEventListener("pointerup", function (event) {
		const a = from, b = place(event);
		from = null;
		band.attr("width", 0);
		if (a !== null && Math.abs(b - a) > 6)
			zoomTo(view, rowAt(view, view.x.invert(Math.min(a, b))), rowAt(view, view.x.invert(Math.max(a, b))) + 1);
	});
	cover.addEventListener("pointerleave", function () {
		hideTip();
		view.cursor.style("display", "none");
	});
	cover.addEventListener("dblclick", () => zoomTo(view, 0, view.series.at_ns.length));
}
