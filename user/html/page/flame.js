// SPDX-License-Identifier: GPL-2.0-or-later
/* The stacks of a profile as a tree: a target, its roles, and the functions under them. */

/* The mode that a frame is shown in: its own, else that of the code it most likely is. */
const FRAME_MODES = ["user", "task", "kernel", "softirq", "hardirq", "poll", "guest", "wait"];

function newNode(name, up) {
	return {name: name, up: up, ns: 0, self: 0, modes: {}, own: {}, children: [], depth: up ? up.depth + 1 : 0};
}

function childOf(up, name) {
	const node = newNode(name, up);
	up.children.push(node);
	return node;
}

/* Frames are kept once, with their callers: in a role, each is one node. waits: what was waited for, by reason in
 * place of the role. */
function flameTree(profile, target, waits) {
	const root = newNode(targetName(target), null), roles = {}, s = waits ? profile.waits : profile.stacks;
	const frameNode = function (role, frame) {
		if (role.frames.has(frame))
			return role.frames.get(frame);
		const up = profile.frame_up[frame];
		const node = childOf(up === null ? role.node : frameNode(role, up), visible(profile.names[profile.frame_name[frame]]));
		role.frames.set(frame, node);
		return node;
	};

	for (let i = 0; i < s.target.length; i++) {
		if (s.target[i] !== target.index)
			continue;
		const name = waits ? profile.reasons[s.reason[i]].replaceAll("_", " ") : profile.roles[s.role[i]];
		const mode = waits ? "wait" : profile.modes[s.mode[i]];
		roles[name] = roles[name] || {node: childOf(root, name), frames: new Map()};
		const leaf = frameNode(roles[name], s.frame[i]);
		leaf.self += s.ns[i];
		leaf.own[mode] = (leaf.own[mode] || 0) + s.ns[i];
		for (let node = leaf; node; node = node.up) {
			node.ns += s.ns[i];
			node.modes[mode] = (node.modes[mode] || 0) + s.ns[i];
		}
	}
	placeNodes(root);
	return root;
}

/* Callees from the left, the most expensive first; the time of a function itself is at the right. */
function placeNodes(root) {
	const open = [root];
	root.at = 0;
	while (open.length) {
		const node = open.pop(), own = Object.keys(node.own).sort((a, b) => node.own[b] - node.own[a]);
		let at = node.at;
		node.mode = own[0] || FRAME_MODES.find((m) => node.modes[m]);
		node.children.sort((a, b) => b.ns - a.ns || (a.name < b.name ? -1 : 1));
		for (const child of node.children) {
			child.at = at;
			at += child.ns;
			open.push(child);
		}
	}
}

/* The functions of a tree: {name, self, total}, by self; one that calls itself counts once in a stack. */
function functionsOf(root) {
	const found = new Map();
	const visit = function (node, above) {
		const entry = found.get(node.name) || {name: node.name, self: 0, total: 0, modes: {}};
		found.set(node.name, entry);
		entry.self += node.self;
		if (!above.has(node.name))
			entry.total += node.ns;
		const below = above.has(node.name) ? above : new Set(above).add(node.name);
		for (const child of node.children)
			visit(child, below);
	};
	for (const role of root.children)
		for (const child of role.children)
			visit(child, new Set());
	return Array.from(found.values()).sort((a, b) => b.self - a.self || b.total - a.total || (a.name < b.name ? -1 : 1));
}

/* Time in frames that contain the word, each stack once. */
function matchedIn(node, word) {
	if (node.depth > 1 && node.name.toLowerCase().includes(word))
		return node.ns;
	return d3.sum(node.children, (c) => matchedIn(c, word));
}

/* Of a target: of a request if they are known, else of a second. */
function flameUnit(run, target) {
	const count = target.per_request ? follow(target, "requests.count") : 0;
	const by = count || run.window.wall_ns / 1e9;
	return {each: (ns) => ns / by, text: (ns) => fmtNs(ns / by) + (count ? "" : "/s"), name: count ? "of a request" : "of CPU time"};
}

function upperFirst(words) {
	return words[0].toUpperCase() + words.slice(1);
}

function profileSection(data, targets) {
	const profile = data.profile, run = data.run;
	if (!profile)
		return null;
	const known = new Set(profile.stacks.target), shown = targets.filter((t) => known.has(t.index));
	if (!shown.length)
		return null;
	const lost = [["samples lost", profile.lost], ["stacks without their outermost frames, because they are too deep",
		profile.truncated], ["stacks of user code that end early", profile.early]].filter((l) => l[1]);
	return section("profile", "Where in the code", fmtCount(profile.samples) + " samples at " + profile.hz + " Hz and CPU. The " +
		"stacks of a target add up to its CPU time." + lost.map((l) => " " + upperFirst(l[0]) + ": " + fmtCount(l[1]) + ".").join(""),
	el("p", {class: "lead hint"}, "Click a frame to zoom in, its callers to zoom out. Keys: ↑ ↓ ← → move, Enter zooms in, " +
		"Escape out, / searches."), flameFigure(run, profile, shown));
}

/* view: what the flame graph shows. */
function flameFigure(run, profile, targets) {
	const view = {run: run, profile: profile, word: "", waits: false}, tableBox = el("div");
	const set = function (target) {
		view.target = target;
		view.unit = flameUnit(run, target);
		if (view.waits)
			view.unit.name = target.per_request ? "waited in a request" : "waited";
		view.root = view.zoom = view.at = flameTree(profile, target, view.waits);
		view.functions = functionsOf(view.root);
	};
	set(byCpu(targets)[0]);
	const tools = flameTools(view, targets, set), node = figure({title: "Flame graph", role: "presentation", label: "",
		note: " ", tools: tools, draw: (svg, width) => drawFlame(svg, width, view), legend: el("div", {class: "flamelegend"})});
	const box = node.chart.box;
	box.setAttribute("tabindex", "0");
	box.setAttribute("role", "group");
	box.addEventListener("keydown", (event) => flameKey(view, event));
	box.addEventListener("blur", hideTip);
	view.box = box;
	view.refresh = function () {
		node.chart.redraw(true);
		node.querySelector(".note").textContent = flameNote(view);
		node.querySelector(".flamelegend").replaceChildren(legend(FRAME_MODES.filter((m) => view.root.modes[m]).map((m) =>
			({class: "m-" + m, name: MODE_NAME[m] || m}))));
		box.setAttribute("aria-label", "Flame graph of " + view.root.name + ": " + view.functions.slice(0, 5).map((f) =>
			f.name + " " + view.unit.text(f.self)).join(", ") + ". Arrow keys move among the frames.");
		tableBox.replaceChildren(functionTable(view));
	};
	setTimeout(view.refresh);
	return el("div", {}, node, tableBox);
}

function flameTools(view, targets, set) {
	const button = (name, label, act) => el("button", {type: "button", "aria-label": label, onclick: act}, name);
	const find = el("input", {type: "search", id: "flame-find", placeholder: "part of a function's name",
		oninput: function () {
			view.word = find.value.toLowerCase();
			view.refresh();
			announce(flameNote(view));
		}});
	const select = el("select", {id: "flame-target", onchange: function () {
		set(targets[+select.value]);
		view.refresh();
	}}, targets.map((t, i) => el("option", {value: i}, targetName(t))));
	select.value = targets.indexOf(view.target);
	view.find = find;
	const what = el("select", {id: "flame-what", onchange: function () {
		view.waits = what.value === "waits";
		set(view.target);
		view.refresh();
		announce(flameNote(view));
	}}, [["cpu", "CPU time"], ["waits", "waiting"]].map((o) => el("option", {value: o[0]}, o[1])));
	return [targets.length > 1 ? el("label", {}, "Target ", select) : "", view.profile.waits.target.length ?
		el("label", {}, "Show ", what) : "", el("label", {}, "Search ", find),
		button("Out", "Zoom out by one frame", () => flameZoom(view, view.zoom.up || view.root)),
		button("All", "Show all of the target", () => flameZoom(view, view.root))];
}

function flameNote(view) {
	const all = view.root.ns || 1, text = view.unit.text;
	if (!view.word)
		return text(view.root.ns) + " " + view.unit.name;
	const ns = matchedIn(view.root, view.word);
	return "“" + visible(view.word) + "”: " + text(ns) + " " + view.unit.name + ", " + fmtPercent(100 * ns / all);
}

const FUNCTIONS_SHOWN = 25;

function functionTable(view) {
	const found = view.functions.filter((f) => f.name.toLowerCase().includes(view.word)), all = view.root.ns || 1;
	const cell = (ns) => ({text: view.unit.text(ns), raw: view.unit.each(ns), title: view.unit.each(ns) + " ns"});
	const share = (ns) => num(100 * ns / all, "percent");
	const spec = {caption: "Functions of " + view.root.name + ", " + (view.waits ? "waiting" : "CPU time") +
		(view.target.per_request ? " of a request" : " each second"), head: ["function", "self", "of all",
		"with callees", "of all"], class: "functions"};
	const rows = (n) => found.slice(0, n).map((f) => [{text: short(f.name, 120), raw: f.name}, cell(f.self), share(f.self),
		cell(f.total), share(f.total)]);
	const whole = Object.assign({}, spec, {rows: () => rows(found.length)});
	return el("div", {class: "table"}, tableNode(Object.assign({}, spec, {rows: () => rows(FUNCTIONS_SHOWN)})),
		found.length > FUNCTIONS_SHOWN ? el("p", {class: "note"}, "The first " + FUNCTIONS_SHOWN + " of " + fmtCount(found.length) +
			"; the search finds others. The copy has all.") : "", copyButton(whole));
}
