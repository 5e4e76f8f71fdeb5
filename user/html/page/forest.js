// SPDX-License-Identifier: GPL-2.0-or-later
/* A forest plot: for each metric the shift with its interval, and the runs of both sides as dots. */

/* "per_request.cpu.vcpu.guest_ns" → "vcpu guest" */
const METRIC_NAME = {"requests.count": "rate", "per_request.rx_bytes": "bytes received",
	"per_request.tx_bytes": "bytes sent", "per_request.rx_packets": "packets received",
	"per_request.tx_packets": "packets sent", "per_request.cpu_ns": "CPU time, all layers",
	"per_request.wait_ns": "waited for a CPU"};

function metricName(path) {
	return METRIC_NAME[path] || path.replace(/^host_(cpu|memory|block)\./, "$1 ").replace(/^per_request\.cpu\./, "").replace(/^per_request\./, "").replace(/_(ns|bytes)$/, "")
		.replace(/latency_ns\./, "response time, ").replace(/first_byte_ns\./, "first byte, ")
		.replace(/^requests\./, "").replace(/[._]/g, " ");
}

function metricPart(path) {
	return path.startsWith("per_request.") ? "per request" : path.startsWith("requests.") ? "requests" :
		path.startsWith("host_") ? "host" : path.split(".")[0];
}

/* Everything as a ratio to the base's median; a row is drawn only if that is above 0. */
function forestRows(rows, dots) {
	return rows.map(function (r) {
		const base = r.base_median, ratio = (v) => isKnown(v) ? v / base : null;
		return {row: r, name: metricName(r.metric), part: metricPart(r.metric), at: ratio(base + r.shift),
			low: isKnown(r.ci_low) ? ratio(base + r.ci_low) : null,
			high: isKnown(r.ci_high) ? ratio(base + r.ci_high) : null,
			base: dots[r.index][0].map(ratio), group: dots[r.index][1].map(ratio), drawn: base > 0};
	}).filter((r) => r.drawn);
}

/*
 * The scale is of ratios and logarithmic, so twice and half are equally far from 1. It ends at five times
 * and a fifth, where what is beyond is drawn, too: its number is beside it.
 */
const FOREST_MOST = 5;

function forestScale(rows, left, right) {
	let most = 1.04;
	for (const r of rows)
		for (const v of [r.at, r.low, r.high].concat(r.base, r.group))
			if (v > 0)
				most = Math.max(most, Math.min(FOREST_MOST, v, FOREST_MOST), Math.min(FOREST_MOST, 1 / v));
	return d3.scale.log().clamp(true).domain([1 / most / 1.02, most * 1.02]).range([left, right]);
}

/* The most important ones that have room. */
function forestTicks(x) {
	const ends = x.domain(), out = [];
	for (const t of [1, 0.5, 2, 0.2, 5, 0.33, 3, 0.7, 1.5, 0.8, 1.25, 0.9, 1.1, 0.95, 1.05, 0.97, 1.03, 0.98, 1.02, 0.99,
		1.01])
		if (t >= ends[0] && t <= ends[1] && out.every((o) => Math.abs(x(o) - x(t)) >= 58))
			out.push(t);
	return out;
}

function ratioText(v) {
	if (v > 0.5 && v < 2)
		return v === 1 ? "±0" : (v > 1 ? "+" : "−") + digits(Math.abs(100 * (v - 1))) + " %";
	return "×" + digits(v);
}

function drawForest(svg, width, rows) {
	const narrow = width < 620, left = narrow ? 8 : 190, right = width - (narrow ? 8 : 96), step = narrow ? 44 : 30;
	const x = forestScale(rows, left, right), parts = rows.filter((r, i) => !i || rows[i - 1].part !== r.part).length;
	const top = 8, bottom = top + rows.length * step + parts * 22, ticks = forestTicks(x);
	const g = svg.append("g").attr("class", "axis");

	g.selectAll("line").data(ticks).enter().append("line").attr("x1", x).attr("x2", x).attr("y1", top)
		.attr("y2", bottom).attr("class", (t) => t === 1 ? "one" : null);
	g.selectAll("text").data(ticks).enter().append("text").attr("x", x).attr("y", bottom + 15)
		.attr("text-anchor", "middle").text(tick(ratioText));
	let y = top;
	rows.forEach(function (r, i) {
		if (!i || rows[i - 1].part !== r.part) {
			text(svg, 0, y + 15, r.part, "part");
			y += 22;
		}
		forestRow(svg, r, x, y, narrow ? 30 : 15, narrow, left);
		y += step;
	});
	return bottom + 26;
}

function forestRow(svg, r, x, y, middle, narrow, left) {
	const verdict = r.row.verdict, g = svg.append("g").attr("class", "forest " + verdict);
	const shift = verdict === "same" ? "not significant" : ratioText(r.at);

	rect(g, 0, y, narrow ? x.range()[1] : x.range()[1] + 96, narrow ? 42 : 29, "hover");
	fit(text(g, narrow ? 0 : left - 12, y + (narrow ? 14 : middle + 4), "", "", narrow ? "start" : "end").node(),
		r.name, narrow ? 190 : left - 24);
	if (r.low !== null)
		g.append("line").attr("class", "interval").attr("x1", x(Math.max(r.low, 1e-9)))
			.attr("x2", x(Math.max(r.high, 1e-9))).attr("y1", y + middle).attr("y2", y + middle);
	for (const [values, cls, dy] of [[r.base, "dot base", -6], [r.group, "dot", 6]])
		g.selectAll(null).data(values.filter((v) => v > 0)).enter().append("circle").attr("class", cls)
			.attr("r", 2.6).attr("cx", x).attr("cy", y + middle + dy);
	if (r.at > 0)
		g.append("path").attr("class", "shift").attr("d", "M" + (x(r.at) - 6) + "," + (y + middle) +
			"l6,-6l6,6l-6,6z");
	text(g, x.range()[1] + (narrow ? 0 : 8), y + (narrow ? 14 : middle + 4), shift, "value", narrow ? "end" : "start");
	tipOn(g, () => r.name, () => forestTip(r.row));
}

function forestTip(row) {
	const f = unitFormat(row.unit);
	return [[null, "base, median", f(row.base_median)], [null, "group, median", f(row.median)],
		[null, "shift", f(row.shift)], [null, "95 % interval", isKnown(row.ci_low) ? f(row.ci_low) + " … " +
			f(row.ci_high) : UNKNOWN], [null, "p", isKnown(row.p) ? row.p.toFixed(3) : UNKNOWN],
		[null, "runs", row.base_n + " and " + row.n]];
}

function unitFormat(unit) {
	const rate = unit.endsWith("/s"), base = {ns: fmtNs, bytes: fmtBytes}[unit.replace("/s", "")] || fmtCount;
	return (v) => isKnown(v) ? (v < 0 ? "−" : "") + base(Math.abs(v)) + (rate ? "/s" : "") : UNKNOWN;
}
