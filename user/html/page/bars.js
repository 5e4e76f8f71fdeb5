// SPDX-License-Identifier: GPL-2.0-or-later
/* Stacked horizontal bars to one scale: rows of {label, sub, parts: [{name, class, value, group}]}. */
function drawBars(svg, width, rows, format) {
	const narrow = width < 620, left = narrow ? 0 : 168, right = 84, bar = 30;
	const grouped = rows.some((r) => r.parts.some((p) => p.group));
	const step = bar + (narrow ? 26 : 14) + (grouped ? 16 : 4), top = 6;
	const sums = rows.map((r) => d3.sum(r.parts, (p) => p.value));
	/* Rounded: 100 % in parts is 100 %, and its scale ends there. */
	const most = Number((d3.max(sums) || 1).toPrecision(9));
	const x = d3.scale.linear().domain([0, most]).range([left, width - right]).nice(5);
	const bottom = top + rows.length * step;

	valueAxis(svg, x, top, bottom, format, narrow ? 3 : 6);
	rows.forEach(function (row, i) {
		const y = top + i * step + (narrow ? 22 : 4);
		barLabel(svg, row, narrow ? 0 : left - 12, narrow ? y - 7 : y + bar / 2, narrow, left);
		const end = barParts(svg, x, y, bar, row, format);
		text(svg, end + 7, y + bar / 2 + 5, row.total === undefined ? format(sums[i]) : row.total, "value");
	});
	return bottom + 24;
}

function barLabel(svg, row, x, y, narrow, left) {
	const anchor = narrow ? "start" : "end";
	const name = text(svg, x, row.sub && !narrow ? y - 2 : y + (narrow ? 0 : 4), "", "name", anchor);
	fit(name.node(), row.label, narrow ? 220 : left - 16);
	if (row.sub && !narrow)
		fit(text(svg, x, y + 13, "", "sub", anchor).node(), row.sub, left - 16);
}

function barParts(svg, x, y, height, row, format) {
	let at = 0, from = 0, group = null;
	const total = d3.sum(row.parts, (p) => p.value);
	const endGroup = function () {
		const w = x(at) - x(from);
		if (group && w > group.length * 6.5 + 4)
			text(svg, (x(from) + x(at)) / 2, y + height + 13, group, "sub", "middle");
		if (group && w > 3)
			svg.append("line").attr("class", "bracket").attr("x1", x(from) + 1).attr("x2", x(at) - 1)
				.attr("y1", y + height + 2.5).attr("y2", y + height + 2.5);
	};

	for (const part of row.parts) {
		if (part.group !== group) {
			endGroup();
			group = part.group;
			from = at;
		}
		const w = x(at + part.value) - x(at);
		const node = rect(svg, x(at), y, Math.max(w - (w > 3 ? 1 : 0), 0.5), height, "seg " + part.class);
		tipOn(node, () => row.label, () => [[part.class, (part.group ? part.group + " " : "") + part.name,
			format(part.value)], [null, "of all", fmtPercent(100 * part.value / (total || 1))]]);
		at += part.value;
	}
	endGroup();
	return x(at);
}

function describeBars(rows, format) {
	return rows.map((r) => r.label + " " + format(d3.sum(r.parts, (p) => p.value)) + ": " +
		r.parts.slice().sort((a, b) => b.value - a.value).slice(0, 3).map((p) =>
			(p.group ? p.group + " " : "") + p.name + " " + format(p.value)).join(", ")).join("; ");
}
