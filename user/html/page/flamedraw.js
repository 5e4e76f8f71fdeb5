// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws a flame graph, callers above what they call, and moves in it. */
const FRAME_HEIGHT = 20;

/* Ancestors of the frame that fills the width, then all below it that is wide enough to be seen. */
function drawFlame(svg, width, view) {
	const zoom = view.zoom, x = d3.scale.linear().domain([zoom.at, zoom.at + (zoom.ns || 1)]).range([0, width]);
	const drawn = [], open = [zoom];
	let deepest = 0;

	for (let up = zoom.up; up; up = up.up)
		drawn.push({node: up, x: 0, width: width, above: true});
	while (open.length) {
		const node = open.pop(), w = x(node.at + node.ns) - x(node.at);
		drawn.push({node: node, x: x(node.at), width: w});
		deepest = Math.max(deepest, node.depth);
		const seen = node.children.filter((c) => x(c.at + c.ns) - x(c.at) >= 1);
		open.push(...seen);
		if (seen.length < node.children.length)
			drawn.push(...restOf(node, node.children.slice(seen.length), x));
	}
	view.drawn = new Map(drawn.map((d) => [d.node, d]));
	const g = svg.selectAll("g").data(drawn).enter().append("g").attr("class", (d) => frameClass(view, d));
	g.append("rect").attr("x", (d) => d.x).attr("y", (d) => d.node.depth * FRAME_HEIGHT).attr("width", (d) => d.width)
		.attr("height", FRAME_HEIGHT - 1).attr("class", (d) => d.node.rest ? "rest" : d.node.depth > 1 ? "m-" + d.node.mode : "sum");
	g.filter((d) => d.width > 26).append("text").attr("x", (d) => d.x + 4)
		.attr("y", (d) => d.node.depth * FRAME_HEIGHT + 14).text((d) => frameText(view, d));
	g.on("click", (d) => flameZoom(view, d.node.rest ? d.node.up : d.node)).on("mousemove", (d) => showTip(d3.event, short(d.node.name, 120),
		frameTip(view, d.node))).on("mouseleave", hideTip);
	view.mark = svg.append("rect").attr("class", "framemark").attr("height", FRAME_HEIGHT - 1);
	markFrame(view);
	return (deepest + 1) * FRAME_HEIGHT + 2;
}

/* What is too narrow to be seen, as one; it is the last of its caller's. */
function restOf(up, nodes, x) {
	const node = newNode(nodes.length + (nodes.length === 1 ? " more" : " others"), up), at = nodes[0].at;
	nodes.forEach(function (n) {
		node.ns += n.ns;
		Object.keys(n.modes).forEach((m) => { node.modes[m] = (node.modes[m] || 0) + n.modes[m]; });
	});
	node.rest = true;
	const width = x(at + node.ns) - x(at);
	return width < 1 ? [] : [{node: node, x: x(at), width: width}];
}

function frameClass(view, d) {
	const hit = view.word && d.node.depth > 1 && d.node.name.toLowerCase().includes(view.word);
	return "frame" + (d.above ? " above" : "") + (hit ? " hit" : view.word ? " miss" : "");
}

/* Room for its time, too, if that is much. */
function frameText(view, d) {
	const most = Math.floor((d.width - 6) / 6.95), time = view.time ? view.time(d.node) : view.unit.text(d.node.ns);
	if (most < 4)
		return "";
	return d.node.name.length + time.length + 3 <= most ? d.node.name + " · " + time : short(d.node.name, most);
}

function frameTip(view, node) {
	const all = view.root.ns || 1, text = view.unit.text;
	if (view.tip)
		return view.tip(node);
	return [[null, view.unit.name, text(node.ns)], [null, "of all", fmtPercent(100 * node.ns / all)],
		[null, "itself", text(node.self)]].concat(FRAME_MODES.filter((m) => node.modes[m]).map((m) =>
		["m-" + m, MODE_NAME[m] || m, text(node.modes[m])]));
}

function markFrame(view) {
	const d = view.drawn.get(view.at);
	view.mark.style("display", d && view.marked ? null : "none");
	if (d)
		view.mark.attr("x", d.x + 1).attr("width", Math.max(1, d.width - 2)).attr("y", view.at.depth * FRAME_HEIGHT);
}

function flameZoom(view, node) {
	view.zoom = view.at = node;
	hideTip();
	view.refresh();
	announce(node.name + " fills the width");
}

/* To a frame that is drawn. */
function flameMove(view, node) {
	const d = node && view.drawn.get(node);
	if (!d)
		return;
	view.at = node;
	view.marked = true;
	markFrame(view);
	const place = view.box.getBoundingClientRect(), lines = frameTip(view, node);
	showTip({clientX: place.left + d.x + Math.min(d.width, 200) / 2, clientY: place.top + (node.depth + 1) * FRAME_HEIGHT},
		short(node.name, 120), lines);
	announce(node.name + ": " + lines.map((l) => l[1] + " " + l[2]).join(", "));
}

function flameKey(view, event) {
	const at = view.at, beside = at.up ? at.up.children : [at], i = beside.indexOf(at);
	const act = {ArrowDown: () => flameMove(view, at.children[0]), ArrowUp: () => flameMove(view, at.up),
		ArrowRight: () => flameMove(view, beside[i + 1]), ArrowLeft: () => flameMove(view, beside[i - 1]),
		Enter: () => flameZoom(view, at), Escape: () => flameZoom(view, view.zoom.up || view.root),
		Home: () => flameZoom(view, view.root), "/": () => view.find.focus()}[event.key];
	if (!act || event.ctrlKey || event.altKey || event.metaKey)
		return;
	event.preventDefault();
	act();
}
