// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a container to a VM, like with like: the guest's time is known from inside, so the same work stands
 * beside the same work, and what virtualization adds is in parts, from the inside out.
 */
const PARTS = {"the same work": "what the targets inside do more or less than the container does",
	"the guest's kernel": "besides the work: its interrupts, other tasks, idle loop",
	"virtax in the guest": "what the recording inside costs there: no cost of virtualization",
	"KVM": "exits and polling", "QEMU and vhost": "the emulator's threads, and the network's back end",
	"host interrupts": "its network path, for the most part", "the runtime": "of the container"};
const SMALL_STEP = 0.01; /* of the difference: smaller layers share a line */

/* The parts that have steps, from the inside out. */
function partsOf(steps) {
	return Array.from(new Set(Object.keys(PARTS).concat(steps.map((s) => s.part)))).filter((part) =>
		steps.some((s) => s.part === part));
}

/* steps: [{layer, part, ns}], by part. The rows of the chart, each beginning where the last one ended. */
function fallRows(fall) {
	const rows = [{kind: "sum", name: fall.from, from: 0, to: fall.start}];
	const least = SMALL_STEP * Math.abs(fall.end - fall.start);
	let at = fall.start;

	for (const part of partsOf(fall.steps)) {
		const steps = fall.steps.filter((s) => s.part === part && s.ns !== 0), from = at;
		if (!steps.length)
			continue;
		const small = steps.filter((s) => Math.abs(s.ns) < least), shown = small.length < 2 ? steps :
			steps.filter((s) => !small.includes(s)).concat({layer: small.length + " smaller", ns: d3.sum(small, (s) => s.ns)});
		const row = {kind: "part", name: part, from: from, to: from + d3.sum(steps, (s) => s.ns)};
		rows.push(row);
		for (const s of shown) {
			rows.push({kind: "layer", name: stepName(s.layer), part: part, from: at, to: at + s.ns});
			at += s.ns;
		}
	}
	return rows.concat({kind: "sum", name: fall.to, from: 0, to: fall.end});
}

function stepName(layer) {
	return layer.replace(".", " ").replace(/ task$/, " " + MODE_NAME.task);
}

function drawLike(svg, width, rows) {
	const narrow = width < 620, left = narrow ? 142 : 180, right = 84, step = 24, top = 6;
	const bottom = top + rows.length * step, all = rows.flatMap((r) => [r.from, r.to]);
	const x = d3.scale.linear().domain([Math.min(0, d3.min(all)), d3.max(all) || 1]).range([left, width - right]).nice(4);

	valueAxis(svg, x, top, bottom, fmtNs, narrow ? 3 : 6);
	rows.forEach(function (row, i) {
		const y = top + i * step, next = rows[i + 1];
		likeRow(svg, x, y, row, left);
		if (next)
			svg.append("line").attr("class", "link").attr("x1", x(row.kind === "part" ? row.from : row.to))
				.attr("x2", x(row.kind === "part" ? row.from : row.to)).attr("y1", y + step - 4).attr("y2", y + step + 4);
	});
	return bottom + 24;
}

function likeRow(svg, x, y, row, left) {
	const a = x(Math.min(row.from, row.to)), b = x(Math.max(row.from, row.to)), ns = row.to - row.from;
	const thin = row.kind === "part", bar = rect(svg, a, y + (thin ? 8 : 4), Math.max(b - a, 1), thin ? 8 : 16, "fall " +
		(row.kind === "sum" ? "sum" : (thin ? "part " : "") + (ns > 0 ? "up" : "down")));

	fit(text(svg, left - (row.kind === "layer" ? 10 : 4), y + 16, "", row.kind === "layer" ? "sub" : "name", "end").node(),
		row.name, left - 8);
	tipOn(bar, () => row.name, () => [row.kind === "sum" ? [null, "a request costs", fmtNs(row.to)] :
		[null, "changes the cost by", signed(ns)]].concat(thin ? [[null, PARTS[row.name] || "", ""]] : []));
	text(svg, b + 6, y + 16, row.kind === "sum" ? fmtNs(row.to) : signed(ns), row.kind === "layer" ? "sub" : "name");
}

/* One line a layer, after the line of its part; all add up to the difference. */
function likeTable(fall) {
	const has = fall.steps.some((s) => isKnown(s.from));
	const number = (v) => ({text: fmtNs(v), raw: v, title: v + " ns"});
	const change = (ns) => ({text: signed(ns), raw: ns, title: ns + " ns"});
	const rows = function () {
		const out = [];
		for (const part of partsOf(fall.steps)) {
			const steps = fall.steps.filter((s) => s.part === part);
			const sums = ["from", "to"].map((k) => number(d3.sum(steps, (s) => s[k])));
			out.push(Object.assign([part].concat(has ? sums : [], change(d3.sum(steps, (s) => s.ns))), {strong: true}));
			for (const s of steps)
				out.push([stepName(s.layer)].concat(has ? [number(s.from), number(s.to)] : [], change(s.ns)));
		}
		out.push(Object.assign(["all of a request"].concat(has ? [number(fall.start), number(fall.end)] : [],
			change(fall.end - fall.start)), {strong: true}));
		return out;
	};
	return {class: "byname parts", caption: "from " + fall.from + " to " + fall.to + ", like with like",
		head: ["layer"].concat(has ? [fall.from, fall.to] : [], "difference"), rows: rows};
}

/* fall: {from, to: names, start, end: ns of a request, steps} */
function likeFigures(fall, note) {
	const rows = fallRows(fall), parts = rows.filter((r) => r.kind === "part"), difference = fall.end - fall.start;
	return [figure({title: "From " + fall.from + " to " + fall.to, note: signed(difference) + (fall.start > 0 ? " · ×" +
		digits(fall.end / fall.start) : "") + (note || ""), draw: (svg, width) => drawLike(svg, width, rows),
	legend: legend([{class: "sw-higher", name: "adds to a request"}, {class: "sw-lower", name: "takes away"}]),
	label: "Waterfall from " + fall.from + ", " + fmtNs(fall.start) + ", to " + fall.to + ", " + fmtNs(fall.end) + ". " +
		parts.map((p) => p.name + " " + signed(p.to - p.from)).join(", "), table: likeTable(fall)})];
}

/* Both requests as bars, with the inside of the guest; the work comes first. */
function likeBars(fall) {
	const roles = ["workload", "guest"].concat(ROLES), modes = MODES.concat(INSIDE);
	const order = (a, b) => roles.indexOf(a.group) - roles.indexOf(b.group) || modes.indexOf(a.mode) - modes.indexOf(b.mode);
	const row = (name, side) => ({label: name, parts: fall.steps.filter((s) => s[side] > 0).map(function (s) {
		const [role, mode] = s.layer.split(".");
		return {name: MODE_NAME[mode] || mode, mode: mode, class: "m-" + mode, value: s[side], group: role};
	}).sort(order)});
	const rows = [row(fall.from, "from"), row(fall.to, "to")];
	return figure({title: "CPU time of a request, as seen from inside", note: "both to one scale",
		legend: modesLegend(rows), label: describeBars(rows, fmtNs), draw: (svg, width) => drawBars(svg, width, rows, fmtNs)});
}

function likeAll(fall) {
	return [likeBars(fall)].concat(likeFigures(fall));
}

function likeSection(data) {
	if (!data.falls || !data.falls.length)
		return null;
	return section("like", "Like with like", LIKE_LEAD, ...data.falls.flatMap(function (f) {
		const from = data.run.targets[f.from], to = data.run.targets[f.to];
		return likeAll({from: targetName(from), to: targetName(to), start: f.from_ns, end: f.to_ns,
			steps: f.steps.map((s) => ({layer: s.layer, part: s.part, from: s.from_ns, to: s.to_ns, ns: s.ns}))});
	}));
}

const LIKE_LEAD = "The CPU time of a request, step by step. A recording made inside the guest says what its time was " +
	"spent on, so the same work is compared with the same work; the rest is what virtualization adds.";
