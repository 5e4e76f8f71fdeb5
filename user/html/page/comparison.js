// SPDX-License-Identifier: GPL-2.0-or-later
/* The page of a comparison. */
function sideName(target, group) {
	return (target ? short(target, 40) + ": " : "") + short(group, 40);
}

function comparisonNumber(value, unit, path) {
	if (!isKnown(value))
		return num(null, "count");
	return {text: unitFormat(unit)(value), raw: value, path: path, title: String(value) + " " + unit};
}

/* One forest plot, and one table, for each group and target. */
function forestSection(c, dots) {
	const sides = Array.from(d3.map(c.rows, (r) => JSON.stringify([r.target, r.group])).values());
	const node = section("shifts", "What differs", "The shift of each metric from the base " + short(c.base, 40) +
		", as a ratio to its median. A diamond is the shift, the line its 95 % interval; a dot is a run: hollow of " +
		"the base, filled of the group. Muted rows show no significant difference.");

	c.rows.forEach((r, i) => { r.index = i; });
	if (!c.rows.length)
		return null;
	for (const first of sides) {
		const rows = c.rows.filter((r) => r.target === first.target && r.group === first.group);
		const drawn = forestRows(rows, dots), name = sideName(first.target, first.group);
		const changed = rows.filter((r) => r.verdict !== "same").length, missing = rows.length - drawn.length;
		const title = name + " against " + short(c.base, 40);
		if (drawn.length)
			node.append(figure({title: title, note: changed + " of " + rows.length + " metrics differ" +
				(missing ? " · not drawn, because the base's median is 0: " + missing : ""),
			label: title + ". " + drawn.filter((r) => r.row.verdict !== "same").slice(0, 8).map((r) => r.part + " " +
				r.name + " " + ratioText(r.at)).join(", "),
			legend: legend([{class: "sw-higher", name: "higher"}, {class: "sw-lower", name: "lower"},
				{class: "sw-same", name: "no significant difference"}]),
			draw: (svg, width) => drawForest(svg, width, drawn)}));
		node.append(shiftTables(rows, title, c.base, name));
	}
	return node;
}

/* What differs; the rest behind a line to open. A copy has both. */
function shiftTables(rows, title, base, name) {
	const differ = rows.filter((r) => r.verdict !== "same"), same = rows.filter((r) => r.verdict === "same");
	const spec = (some, caption) => shiftTable(some, caption, base, name), all = spec(rows, title);
	const node = el("div", {class: "table"}, differ.length ? tableNode(spec(differ, title)) : el("p", {class: "note"},
		"No metric differs significantly."), copyButton(all));
	if (same.length)
		node.append(el("details", {class: "data same"}, el("summary", {}, fmtCount(same.length) + (same.length === 1 ?
			" metric" : " metrics") + " without a significant difference"), tableNode(Object.assign(spec(same, title +
			": no significant difference"), {hideCaption: true}))));
	return node;
}

function shiftTable(rows, title, base, name) {
	return {caption: title, head: ["metric", short(base, 24), short(name, 24), "shift", "95 % interval", "p", "detects",
		"verdict"], rows: () => rows.map(function (r) {
		const cell = (key) => comparisonNumber(r[key], r.unit, "rows." + r.index + "." + key);
		const f = unitFormat(r.unit);
		return [{text: metricPart(r.metric) + ": " + metricName(r.metric), raw: r.metric}, cell("base_median"),
			cell("median"), cell("shift"), {text: isKnown(r.ci_low) ? f(r.ci_low) + " … " + f(r.ci_high) : UNKNOWN,
				class: "n"}, isKnown(r.p) ? {text: r.p < 0.001 ? "<0.001" : r.p.toFixed(3), raw: r.p,
				path: "rows." + r.index + ".p"} : num(null, "count"), cell("detectable"),
			{text: r.verdict, class: "n v-" + r.verdict}];
	})};
}

/* The steps of a waterfall between the outside and the inside of guests; null: it is no such. */
function likeSteps(c, total) {
	const steps = c.waterfall.filter((l) => l.group === total.group && l.target === total.target);
	return steps.some((l) => l.part) ? steps.map((l) => ({layer: l.layer, part: l.part, from: l.base_ns, to: l.group_ns,
		ns: l.ns})) : null;
}

function likeComparison(c) {
	const totals = c.waterfall_totals.filter((t) => likeSteps(c, t));
	return totals.length ? section("like", "Like with like", LIKE_LEAD, ...totals.flatMap((t) => likeFigures({
		from: short(c.base, 40), to: (t.target ? short(t.target, 40) + ", " : "") + short(t.group, 40), start: t.base_ns,
		end: t.group_ns, steps: likeSteps(c, t)}, " · mean over the runs of a group"))) : null;
}

/* Layers of both sides, stacked, and the waterfall between them. */
function costSection(c) {
	if (!c.waterfall_totals.length)
		return null;
	const node = section("request", "What a request costs", "CPU time, mean over the runs of a group; below, medians are compared.");
	const same = (a, b) => a.group === b.group && a.target === b.target;
	const targets = Array.from(new Set(c.waterfall_totals.map((t) => t.target)));
	const part = (key) => (l) => ({name: l.layer.split(".")[1], class: "m-" + l.layer.split(".")[1],
		group: l.layer.split(".")[0], value: l[key] || 0});
	/* The work first: with the inside of guests known, it stands beside the same work. */
	const roles = ["workload", "guest"].concat(ROLES), modes = MODES.concat(INSIDE);
	const order = (a, b) => roles.indexOf(a.group) - roles.indexOf(b.group) || modes.indexOf(a.name) - modes.indexOf(b.name);
	for (const target of targets) {
		const totals = c.waterfall_totals.filter((t) => t.target === target), rows = [];
		totals.forEach(function (t, i) {
			const layers = c.waterfall.filter((l) => same(l, t));
			const row = (name, key) => ({label: short(name, 40), sub: target ? short(target, 40) : "",
				parts: layers.map(part(key)).filter((p) => p.value > 0).sort(order)});
			if (!i)
				rows.push(row(c.base, "base_ns"));
			rows.push(row(t.group, "group_ns"));
		});
		node.append(figure({title: (target ? short(target, 40) + ": " : "") + "CPU time of a request by role and mode",
			note: "all bars to one scale", legend: modesLegend(rows), label: describeBars(rows, fmtNs),
			draw: (svg, width) => drawBars(svg, width, rows, fmtNs),
			table: {caption: "layers", head: ["group", "role", "mode", "CPU time"], numbers: 3, rows: () =>
				rows.flatMap((r) => r.parts.map((p) => [r.label, {text: p.group, plain: true},
					{text: p.name, plain: true}, num(p.value, "ns")]))}}));
		for (const t of totals.filter((total) => !likeSteps(c, total)))
			node.append(waterfallFigure({from: short(c.base, 40), to: short(t.group, 40), start: t.base_ns, end: t.group_ns,
				layers: c.waterfall.filter((l) => same(l, t)).map((l) => ({name: l.layer.replace(".", " "), ns: l.ns}))}));
	}
	return node;
}

/* Fixed and marginal costs, with their intervals. */
function linesSection(c) {
	if (!c.lines.length)
		return null;
	const node = section("lines", "Fixed and marginal cost",
		"From a line through runs at several request rates: CPU time each second whatever the load, and for each request.");
	for (const first of d3.map(c.lines, (l) => JSON.stringify([l.target, l.group])).values()) {
		const lines = c.lines.filter((l) => l.target === first.target && l.group === first.group);
		const name = sideName(first.target, first.group);
		const rows = lines.filter((l) => l.layer !== "total" && l.marginal_ns > 0).map((l) => ({
			name: l.layer.split(".")[1], group: l.layer.split(".")[0], class: "m-" + l.layer.split(".")[1],
			value: l.marginal_ns}));
		const row = {label: name, parts: rows};
		node.append(rows.length ? figure({title: name + ": a request more costs", legend: modesLegend([row]),
			label: describeBars([row], fmtNs), draw: (svg, width) => drawBars(svg, width, [row], fmtNs)}) : "",
		openTable({caption: name, head: ["layer", "fixed, per second", "95 % interval", "marginal, per request",
			"95 % interval"], rows: () => lines.map(function (l) {
			const i = c.lines.indexOf(l), range = (a, b) => ({text: isKnown(a) ? unitFormat("ns")(a) + " … " +
				unitFormat("ns")(b) : UNKNOWN, class: "n"});
			return [l.layer.replace(".", " "), comparisonNumber(l.fixed_ns_per_s, "ns", "lines." + i + ".fixed_ns_per_s"),
				range(l.fixed_ci_low, l.fixed_ci_high), comparisonNumber(l.marginal_ns, "ns", "lines." + i +
					".marginal_ns"), range(l.marginal_ci_low, l.marginal_ci_high)];
		})}));
	}
	return node;
}

function groupsSection(c) {
	return section("groups", "Groups", null, openTable({class: "byname", caption: "Groups by " + c.by, head: ["group", "runs"],
		rows: () => c.groups.map((g, i) => [visible(g.name) + (g.name === c.base ? " (base)" : ""),
			num(g.runs, "count", {path: "groups." + i + ".runs"})])}));
}
