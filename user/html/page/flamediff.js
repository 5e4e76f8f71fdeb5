// SPDX-License-Identifier: GPL-2.0-or-later
/* The differential flame graph of a comparison: width is the mean of both sides, so that what one side lacks is
 * seen, too; colour is the difference of a function's own time. */
const DIFF_MODES = ["higher2", "higher", "same", "lower", "lower2"];
const DIFF_NAME = {higher2: "more, over 2 % of a request", higher: "more, over 0.3 %", same: "less than that",
	lower: "less, over 0.3 %", lower2: "less, over 2 %"};

function diffMode(change, whole) {
	const part = change / (whole || 1), size = Math.abs(part);
	return size < 0.003 ? "same" : (part > 0 ? "higher" : "lower") + (size < 0.02 ? "" : "2");
}

function diffTree(flames, side, title) {
	const root = Object.assign(newNode(title, null), {base: 0, now: 0}), nodes = [];
	flames.frame_up.forEach(function (up, i) {
		const node = childOf(up === null ? root : nodes[up], visible(flames.names[flames.frame_name[i]]));
		nodes.push(Object.assign(node, {base: 0, now: 0, ownBase: side.base[i], ownNow: side.ns[i]}));
		for (let n = node; n; n = n.up) {
			n.base += side.base[i];
			n.now += side.ns[i];
		}
	});
	for (const node of nodes.concat(root)) {
		node.ns = (node.base + node.now) / 2;
		node.children = node.children.filter((c) => c.base || c.now);
	}
	placeNodes(root);
	for (const node of nodes)
		node.mode = diffMode(node.ownNow - node.ownBase, root.base);
	return root;
}

function diffTip(view, node) {
	if (node.rest)
		return [[null, "too narrow to be seen", ""]];
	const lines = [[null, view.from, fmtNs(node.base)], [null, view.to, fmtNs(node.now)],
		[null, "difference", signed(node.now - node.base)]];
	return node.depth > 1 ? lines.concat([[null, "of its own time", signed(node.ownNow - node.ownBase)]]) : lines;
}

function diffFigure(c, flames, side) {
	const name = sideName(side.target, side.group), root = diffTree(flames, side, name);
	const view = {word: "", root: root, zoom: root, at: root, unit: {text: fmtNs}, from: short(c.base, 40), to: name,
		tip: (node) => diffTip(view, node), time: (node) => node.rest ? "" : signed(node.now - node.base)};
	const find = el("input", {type: "search", "aria-label": "Search in " + name, placeholder: "part of a function's name",
		oninput: function () {
			view.word = find.value.toLowerCase();
			view.refresh();
		}});
	const button = (text, label, act) => el("button", {type: "button", "aria-label": label, onclick: act}, text);
	const title = name + " against " + short(c.base, 40);
	const node = figure({title: title, role: "presentation", label: "", note: fmtNs(root.base) + " → " + fmtNs(root.now) +
		" a request", tools: [el("label", {}, "Search ", find), button("Out", "Zoom out by one frame", () =>
		flameZoom(view, view.zoom.up || root)), button("All", "Show all", () => flameZoom(view, root))],
	draw: (svg, width) => drawFlame(svg, width, view), legend: legend(DIFF_MODES.map((m) => ({class: "m-" + m,
		name: DIFF_NAME[m]})))});
	const box = node.chart.box;
	box.setAttribute("tabindex", "0");
	box.setAttribute("role", "group");
	box.setAttribute("aria-label", "Flame graph of " + title + ". Arrow keys move among the frames.");
	box.addEventListener("keydown", (event) => flameKey(view, event));
	box.addEventListener("blur", hideTip);
	Object.assign(view, {box: box, find: find, refresh: () => node.chart.redraw(true)});
	return node;
}

const DIFFERING_SHOWN = 25;

function differingTable(c, side) {
	const mine = c.functions.map((f, i) => Object.assign({index: i}, f)).filter((f) => f.group === side.group &&
		f.target === side.target && f.ns).sort((a, b) => Math.abs(b.ns) - Math.abs(a.ns));
	const cell = (f, key) => comparisonNumber(f.self[key], "ns", "functions." + f.index + ".self." + key);
	const rows = (n) => mine.slice(0, n).map((f) => [{text: short(f.function, 80), raw: f.function}, f.layer.replace(".", " "),
		cell(f, "base_median"), cell(f, "median"), cell(f, "shift"), {text: isKnown(f.self.ci_low) ? signed(f.self.ci_low) +
			" … " + signed(f.self.ci_high) : UNKNOWN, class: "n"}, isKnown(f.self.p) ? {text: f.self.p < 0.001 ? "<0.001" :
			f.self.p.toFixed(3), raw: f.self.p} : num(null, "count"), {text: f.self.verdict, class: "n v-" + f.self.verdict}]);
	const spec = {caption: "Functions, own time of a request: " + sideName(side.target, side.group), class: "functions",
		head: ["function", "layer", short(c.base, 24), short(side.group, 24), "shift", "95 % interval", "p", "verdict"],
		numbers: 2};
	return el("div", {class: "table"}, tableNode(Object.assign({rows: () => rows(DIFFERING_SHOWN)}, spec)),
		mine.length > DIFFERING_SHOWN ? el("p", {class: "note"}, "Those that add most of " + fmtCount(mine.length) +
			". The copy has all.") : "", copyButton(Object.assign({rows: () => rows(mine.length)}, spec)));
}

function diffSection(data) {
	const c = data.comparison, flames = data.flames;
	return flames && c.functions ? section("functions", "Where in the code", "Stacks of a request, mean over the runs of a " +
		"group. Width is the mean of both sides; colour is the difference of a function's own time. Which differences " +
		"are significant is in the table.", ...flames.sides.flatMap((side) => [diffFigure(c, flames, side),
		differingTable(c, side)])) : null;
}
