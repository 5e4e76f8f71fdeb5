// SPDX-License-Identifier: GPL-2.0-or-later
/* The distribution of response times, as histograms and by percentile. */

/* Buckets are an eighth of an octave wide, the smallest 1024 ns. */
function bucketLow(upper) {
	const size = Math.pow(2, Math.max(10, Math.floor(Math.log2(upper)) - 3));
	return Math.max(1, Math.min(upper, upper + 1 - size));
}

/* The buckets of a histogram, with their lower bounds; the last one ends at the maximum. */
function bucketsOf(latency) {
	const total = d3.sum(latency.hist, (b) => b[1]);
	let before = 0;
	return latency.hist.filter((b) => b[1] > 0).map(function (b) {
		const open = b[0] > 1e18, low = open ? Math.min(latency.max || 1, latency.max) : bucketLow(b[0]);
		const out = {low: low, high: open ? Math.max(latency.max, low * 1.01) : b[0], n: b[1],
			share: b[1] / total, before: before / total, upper: b[0]};
		before += b[1];
		return out;
	});
}

function withLatency(targets, key) {
	return targets.filter((t) => (follow(t, "requests." + key + ".hist") || []).length);
}

function drawHistograms(svg, width, targets, key) {
	const narrow = width < 620, left = narrow ? 12 : 168, right = 16, each = narrow ? 92 : 74, top = 8;
	const all = targets.map((t) => bucketsOf(t.requests[key])), bottom = top + targets.length * each;
	const x = d3.scale.log().range([left, width - right]).domain([d3.min(all, (b) => b[0].low) * 0.9,
		d3.max(all, (b) => b[b.length - 1].high) * 1.1]);
	/* A bucket's height is the share of requests by width on this scale, so areas are comparable. */
	const dense = (b) => b.share / Math.log(b.high / b.low + 1e-9);
	const most = d3.max(all, (bs) => d3.max(bs, dense)) || 1;

	logAxis(svg, x, top, bottom, narrow ? 4 : 8);
	targets.forEach(function (t, i) {
		const base = top + (i + 1) * each - 10, room = each - (narrow ? 36 : 20);
		svg.append("line").attr("class", "base").attr("x1", left).attr("x2", width - right)
			.attr("y1", base).attr("y2", base);
		const name = text(svg, narrow ? left : left - 12, narrow ? base - room - 6 : base - room / 2, "", "name",
			narrow ? "start" : "end");
		fit(name.node(), targetName(t), narrow ? 200 : left - 16);
		for (const b of all[i]) {
			const h = Math.max(1, room * dense(b) / most), w = x(b.high) - x(b.low);
			const bar = rect(svg, x(b.low), base - h, Math.max(1, w - (w > 4 ? 1 : 0)), h, "bucket t-" + i % 8);
			tipOn(bar, () => targetName(t), () => [[null, "from", fmtNs(b.low)], [null, "to", fmtNs(b.high)],
				[null, "requests", fmtCount(b.n)], [null, "of all", fmtPercent(100 * b.share)]]);
		}
		for (const p of ["p50", "p99"])
			percentileMark(svg, x, t.requests[key][p], p, base, room);
	});
	return bottom + 24;
}

function percentileMark(svg, x, ns, name, base, room) {
	if (!isKnown(ns) || ns <= 0)
		return;
	svg.append("line").attr("class", "percentile").attr("x1", x(ns)).attr("x2", x(ns))
		.attr("y1", base - room).attr("y2", base + 3);
	text(svg, x(ns) + 3, base - room + 8, name, "sub");
}

/* Ticks at 1, 2 and 5; fewer on a narrow or long scale. */
function logAxis(svg, x, top, bottom, most) {
	const ends = x.domain(), g = svg.append("g").attr("class", "axis");
	let ticks = [];
	for (const steps of [[1, 2, 5], [1, 3], [1]]) {
		ticks = [];
		for (let e = Math.floor(Math.log10(ends[0])); e <= Math.ceil(Math.log10(ends[1])); e++)
			for (const step of steps)
				ticks.push(step * Math.pow(10, e));
		ticks = ticks.filter((t) => t >= ends[0] && t <= ends[1]);
		if (ticks.length <= most)
			break;
	}
	g.selectAll("line").data(ticks).enter().append("line").attr("x1", x).attr("x2", x).attr("y1", top)
		.attr("y2", bottom);
	g.selectAll("text").data(ticks).enter().append("text").attr("x", x).attr("y", bottom + 14)
		.attr("text-anchor", "middle").text(tick(fmtNs));
}

/* Response time by percentile: the scale of the percentiles grows towards 100 %. */
function drawPercentiles(svg, width, targets, key) {
	const left = 62, right = 16, top = 10, bottom = 250, all = targets.map((t) => bucketsOf(t.requests[key]));
	const marks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999], nines = (q) => -Math.log10(Math.max(1 - q, 1e-6));
	const count = d3.max(targets, (t) => d3.sum(t.requests[key].hist, (b) => b[1]));
	const last = Math.min(nines(1), Math.log10(Math.max(count, 20)));
	const x = d3.scale.linear().domain([0, last]).range([left, width - right]);
	const y = d3.scale.log().range([bottom, top]).domain([d3.min(all, (b) => b[0].high) * 0.9,
		d3.max(targets, (t) => t.requests[key].max) * 1.1]);
	const g = svg.append("g").attr("class", "axis");

	for (const q of marks.filter((m) => nines(m) <= last && (m > 0 || width > 620))) {
		g.append("line").attr("x1", x(nines(q))).attr("x2", x(nines(q))).attr("y1", top).attr("y2", bottom);
		text(g, x(nines(q)), bottom + 16, +(100 * q).toFixed(3) + " %", null, "middle");
	}
	const ticks = y.ticks().filter((t) => /^[125]/.test(String(t)));
	for (const t of ticks.filter((v, i) => ticks.length < 10 || /^1/.test(String(v)))) {
		g.append("line").attr("x1", left).attr("x2", width - right).attr("y1", y(t)).attr("y2", y(t));
		text(g, left - 6, y(t) + 4, tick(fmtNs)(t), null, "end");
	}
	all.forEach(function (buckets, i) {
		const points = [];
		for (const b of buckets) {
			points.push([x(Math.min(nines(b.before), last)), y(Math.min(b.high, targets[i].requests[key].max))]);
			points.push([x(Math.min(nines(b.before + b.share), last)),
				y(Math.min(b.high, targets[i].requests[key].max))]);
		}
		svg.append("path").attr("class", "line t-" + i % 8).attr("d", d3.svg.line()(points));
	});
	return bottom + 28;
}

function latencySection(targets) {
	const with_ = withLatency(targets, "latency_ns");
	if (!with_.length)
		return null;
	const rows = function () {
		const uppers = Array.from(new Set(with_.flatMap((t) => t.requests.latency_ns.hist.map((b) => b[0]))))
			.sort((a, b) => a - b);
		return uppers.map((u) => [{text: "≤ " + (u > 1e18 ? "∞" : fmtNs(u)), raw: u}].concat(with_.map(function (t) {
			const i = t.requests.latency_ns.hist.findIndex((b) => b[0] === u);
			return i < 0 ? num(0, "count") : num(t.requests.latency_ns.hist[i][1], "count",
				{path: "targets." + t.index + ".requests.latency_ns.hist." + i + ".1"});
		})));
	};
	const label = (title) => title + ". " + with_.map((t) => targetName(t) + ": median " +
		fmtNs(t.requests.latency_ns.p50) + ", p99 " + fmtNs(t.requests.latency_ns.p99)).join("; ");
	return section("latency", "Response time", "From the first byte of a request to the last byte of its answer.",
		figure({title: "Distribution", note: "equal areas are equal shares of the requests; logarithmic scale",
			label: label("Histograms of the response time"), table: {caption: "response times",
				head: ["up to"].concat(with_.map(targetName)), rows: rows},
			draw: (svg, width) => drawHistograms(svg, width, with_, "latency_ns")}),
		figure({title: "By percentile", note: "how slow the slowest are",
			legend: legend(with_.map((t, i) => ({class: "t-" + i % 8, name: targetName(t)}))),
			label: label("Response time by percentile"),
			draw: (svg, width) => drawPercentiles(svg, width, with_, "latency_ns")}),
		openTable(metricTable(targets, "Requests and response times", REQUEST_ROWS)));
}
