// SPDX-License-Identifier: GPL-2.0-or-later
/* Which layers make the difference between two costs. */

/* spec: {from, to: names, start, end: costs, layers: [{name, class, ns}], the largest first} */
function drawWaterfall(svg, width, spec) {
	const narrow = width < 620, left = narrow ? 126 : 168, right = 78, step = 26, top = 6;
	const rows = spec.layers.length + 2, bottom = top + rows * step;
	let at = spec.start, low = 0, high = Math.max(spec.start, spec.end);
	for (const layer of spec.layers) {
		at += layer.ns;
		low = Math.min(low, at);
		high = Math.max(high, at);
	}
	const x = d3.scale.linear().domain([low, high || 1]).range([left, width - right]).nice(4);

	valueAxis(svg, x, top, bottom, fmtNs, narrow ? 3 : 6);
	fallRow(svg, x, top, left, spec.from, 0, spec.start, fmtNs(spec.start), "sum");
	at = spec.start;
	spec.layers.forEach(function (layer, i) {
		const y = top + (i + 1) * step;
		svg.append("line").attr("class", "link").attr("x1", x(at)).attr("x2", x(at))
			.attr("y1", y - 4).attr("y2", y + 4);
		fallRow(svg, x, y, left, layer.name, at, at + layer.ns,
			(layer.ns > 0 ? "+" : "−") + fmtNs(Math.abs(layer.ns)), layer.ns > 0 ? "up" : "down");
		at += layer.ns;
	});
	fallRow(svg, x, bottom - step, left, spec.to, 0, spec.end, fmtNs(spec.end), "sum");
	return bottom + 24;
}

function fallRow(svg, x, y, left, name, from, to, value, cls) {
	const a = x(Math.min(from, to)), b = x(Math.max(from, to));
	fit(text(svg, left - 10, y + 17, "", cls === "sum" ? "name" : "", "end").node(), name, left - 14);
	const bar = rect(svg, a, y + 4, Math.max(b - a, 1), 18, "fall " + cls);
	tipOn(bar, () => name, () => [[null, cls === "sum" ? "a request costs" : "changes the cost by", value]]);
	text(svg, b + 6, y + 17, value, "value");
}

/* Layers that matter; the rest is one. */
function mainLayers(layers, most) {
	const sorted = layers.filter((l) => l.ns !== 0).sort((a, b) => Math.abs(b.ns) - Math.abs(a.ns));
	const rest = sorted.slice(most);
	return rest.length < 2 ? sorted : sorted.slice(0, most).concat({name: rest.length + " other layers",
		ns: d3.sum(rest, (l) => l.ns)});
}

function waterfallFigure(spec, tools) {
	const difference = spec.end - spec.start;
	const all = spec.layers.filter((l) => l.ns !== 0).sort((a, b) => Math.abs(b.ns) - Math.abs(a.ns));
	const drawn = Object.assign({}, spec, {layers: mainLayers(spec.layers, 14)});
	return figure({title: "From " + spec.from + " to " + spec.to,
		note: (difference > 0 ? "+" : "−") + fmtNs(Math.abs(difference)) +
			(spec.start > 0 && spec.end > 0 ? " · ×" + digits(spec.end / spec.start) : ""),
		tools: tools, draw: (svg, width) => drawWaterfall(svg, width, drawn),
		label: "Waterfall from " + spec.from + ", " + fmtNs(spec.start) + ", to " + spec.to + ", " +
			fmtNs(spec.end) + ". " + drawn.layers.slice(0, 4).map((l) => l.name + " " +
			(l.ns > 0 ? "+" : "−") + fmtNs(Math.abs(l.ns))).join(", "),
		table: {caption: "from " + spec.from + " to " + spec.to, head: ["layer", "difference"],
			rows: () => [[spec.from, num(spec.start, "ns")]].concat(all.map((l) =>
				[l.name, num(l.ns, "ns")]), [[spec.to, num(spec.end, "ns")]])}});
}

/* The difference between two targets of one run; with more than two, a choice. */
function pairSpec(a, b, whole) {
	const of = (t) => layersOf(whole ? t.cpu.roles : t.per_request.cpu), change = {};
	for (const l of of(a))
		change[l.role + " " + (MODE_NAME[l.mode] || l.mode)] = -l.value;
	for (const l of of(b)) {
		const name = l.role + " " + (MODE_NAME[l.mode] || l.mode);
		change[name] = (change[name] || 0) + l.value;
	}
	const sum = (t) => d3.sum(of(t), (l) => l.value);
	return {from: targetName(a), to: targetName(b), start: sum(a), end: sum(b),
		layers: Object.keys(change).map((name) => ({name: name, ns: change[name]}))};
}

function pairWaterfall(targets, whole) {
	const box = el("div"), chosen = cheapAndCostly(targets, whole);
	const pick = function (label, which) {
		const select = el("select", {onchange: () => { chosen[which] = +select.value; build(select.id); },
			id: "fall-" + which}, targets.map((t, i) => el("option", {value: i}, targetName(t))));
		select.value = chosen[which];
		return el("label", {}, label + " ", select);
	};
	const build = function (focus) {
		const tools = targets.length > 2 ? [pick("from", 0), pick("to", 1)] : null;
		const node = waterfallFigure(pairSpec(targets[chosen[0]], targets[chosen[1]], whole), tools);
		box.replaceChildren(node);
		node.chart.redraw(true);
		if (focus)
			document.getElementById(focus).focus();
	};
	build();
	return box;
}

function cheapAndCostly(targets, whole) {
	const cost = targets.map((t) => whole ? t.cpu.total_ns : t.per_request.cpu_ns);
	const low = cost.indexOf(d3.min(cost)), high = cost.indexOf(d3.max(cost));
	return low === high ? [0, 1] : [low, high];
}
