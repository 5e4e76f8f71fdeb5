// SPDX-License-Identifier: GPL-2.0-or-later
/* What all charts share: the figure around them, drawing again when the width changes, the tip. */
const charts = [];
let figures = 0;

/* spec: {title, note, label: for screen readers, draw(svg, width), table, tools: nodes} */
function figure(spec) {
	const id = "f" + figures++;
	const box = el("div", {class: "chart"});
	const node = el("figure", {class: "fig", "aria-labelledby": id}, el("figcaption", {id: id},
		el("span", {class: "title"}, spec.title), spec.note ? el("span", {class: "note"}, spec.note) : null),
		spec.tools ? el("div", {class: "tools"}, ...spec.tools) : null, spec.legend || null, box,
		spec.table ? closedTable(spec.table) : null);
	const chart = {box: box, width: 0, redraw: function (force) {
		const width = box.clientWidth;
		if (!width || (!force && width === chart.width))
			return;
		chart.width = width;
		d3.select(box).select("svg").remove();
		const svg = d3.select(box).append("svg").attr("width", width).attr("role", spec.role || "img")
			.attr("aria-label", (typeof spec.label === "function" ? spec.label() : spec.label) || null);
		const height = spec.draw(svg, width);
		svg.attr("height", height).attr("viewBox", "0 0 " + width + " " + height);
	}};
	charts.push(chart);
	node.chart = chart;
	return node;
}

function redrawAll(force) {
	for (const chart of charts)
		if (chart.box.isConnected)
			chart.redraw(force === true);
}

function section(id, title, lead, ...children) {
	return el("section", {id: id, "aria-labelledby": id + "-h"}, el("h2", {id: id + "-h"}, title),
		lead ? el("p", {class: "lead"}, lead) : null, children);
}

function legend(items) {
	return el("ul", {class: "legend"}, items.map((i) => el("li", {}, el("span",
		{class: "swatch " + i.class, "aria-hidden": "true"}), i.name)));
}

/* Lines of text beside the pointer: [[swatch class, name, value]…] */
function showTip(event, title, lines) {
	const tip = document.getElementById("tip");
	tip.replaceChildren(el("strong", {}, title), ...lines.map((l) => el("div", {},
		el("span", {class: "swatch " + (l[0] || "noswatch")}), el("span", {class: "k"}, l[1]),
		el("span", {class: "v"}, l[2]))));
	tip.hidden = false;
	const x = event.clientX, y = event.clientY, w = tip.offsetWidth, h = tip.offsetHeight;
	tip.style.left = Math.max(4, x + w + 20 > innerWidth ? x - w - 12 : x + 14) + "px";
	tip.style.top = Math.max(4, y + h + 20 > innerHeight ? y - h - 12 : y + 14) + "px";
}

function hideTip() {
	document.getElementById("tip").hidden = true;
}

function tipOn(selection, title, lines) {
	selection.on("mousemove", function (d) { showTip(d3.event, title(d), lines(d)); })
		.on("mouseleave", hideTip);
}

/* A horizontal axis of values at the bottom, with lines up through the chart. */
function valueAxis(svg, x, top, bottom, format, count) {
	const ticks = x.ticks(count);
	const g = svg.append("g").attr("class", "axis");
	g.selectAll("line").data(ticks).enter().append("line").attr("x1", x).attr("x2", x)
		.attr("y1", top).attr("y2", bottom);
	g.selectAll("text").data(ticks).enter().append("text").attr("x", x).attr("y", bottom + 15)
		.attr("text-anchor", "middle").text(tick(format));
	return g;
}

/* The text, cut at its end until it fits. */
function fit(node, text, width) {
	node.textContent = text;
	for (let n = Array.from(text).length; n > 4 && node.getComputedTextLength() > width; n--)
		node.textContent = short(text, n - 1);
}

/* Marks in an SVG that a class colours. */
function rect(parent, x, y, w, h, cls) {
	return parent.append("rect").attr("x", x).attr("y", y).attr("width", Math.max(0, w)).attr("height", h)
		.attr("class", cls);
}

function text(parent, x, y, string, cls, anchor) {
	return parent.append("text").attr("x", x).attr("y", y).attr("class", cls || null)
		.attr("text-anchor", anchor || null).text(string);
}
