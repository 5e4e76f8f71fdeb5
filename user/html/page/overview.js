// SPDX-License-Identifier: GPL-2.0-or-later
/* All targets at a glance, the choice of those that the charts show, and the stages. */
const SHOWN_AT_FIRST = 6, LISTED_AT_FIRST = 100;

function overviewRow(run, t) {
	const seconds = run.window.wall_ns / 1e9, path = (p) => "targets." + t.index + "." + p;
	const cell = (p, unit) => num(follow(t, p), unit, {path: path(p)});
	const count = follow(t, "requests.count"), cpu = follow(t, "cpu.total_ns");
	return [{node: () => el("span", {}, el("b", {}, targetName(t)), el("br"), el("span", {class: "sub"},
		short(targetKind(t), 60) + (t.running === false ? ", ended" : ""))), raw: t.label},
		cell("requests.count", "count"), isKnown(count) ? num(count / seconds, "rate") : num(count, "rate"),
		cell("per_request.cpu_ns", "ns"), cell("requests.latency_ns.p50", "ns"),
		cell("requests.latency_ns.p99", "ns"), cell("cpu.total_ns", "ns"),
		num(isKnown(cpu) ? 100 * cpu / run.window.wall_ns / run.window.cpus : cpu, "percent"),
		cell("sched.wait_ns", "ns"), cell("memory.held_bytes", "bytes")];
}

function overviewSection(run, state, change) {
	const all = run.targets, some = all.length > LISTED_AT_FIRST ? byCpu(all).slice(0, LISTED_AT_FIRST) : all;
	const spec = {caption: "Targets", hideCaption: true, head: ["target", "requests", "rate", "CPU per request",
		"p50", "p99", "CPU time", "of the CPUs", "waited", "memory held"],
		rows: () => some.map((t) => overviewRow(run, t))};
	const whole = Object.assign({}, spec, {rows: () => all.map((t) => overviewRow(run, t))});
	const brief = all.filter((t) => t.brief).length;
	const node = section("targets", "Targets", some === all && !brief ? null : (some === all ? "" : "The " + some.length +
		" with the most CPU time, of " + all.length + ". The copy has all. ") + (brief ? "Of the " + fmtCount(brief) +
		" with the least CPU time, the page has the numbers of this table and the CPU time by role and mode." : ""), el("div", {class: "table"}, tableNode(spec), copyButton(whole)));
	if (all.length > SHOWN_AT_FIRST)
		node.append(chooser(all, state, change));
	return node;
}

function byCpu(targets) {
	return targets.slice().sort((a, b) => (follow(b, "cpu.total_ns") || 0) - (follow(a, "cpu.total_ns") || 0));
}

/* Of many targets, the charts and tables show the chosen ones. */
function chooser(all, state, change) {
	const list = el("div", {class: "choices"}), find = el("input", {type: "search", id: "find",
		placeholder: "part of a name"});
	const fill = function () {
		const word = find.value.toLowerCase();
		const found = byCpu(all).filter((t) => (t.label + " " + t.name).toLowerCase().includes(word)).slice(0, 60);
		list.replaceChildren(...found.map(function (t) {
			const box = el("input", {type: "checkbox"});
			box.checked = state.shown.includes(t.index);
			box.addEventListener("change", function () {
				state.shown = state.shown.filter((i) => i !== t.index).concat(box.checked ? [t.index] : []);
				change();
			});
			return el("label", {}, box, " ", targetName(t));
		}));
	};
	find.addEventListener("input", fill);
	fill();
	return el("details", {class: "data", open: ""}, el("summary", {}, "Targets in the charts and tables below"),
		el("p", {}, el("label", {}, "Find ", find)), list);
}

/* Stages: what a request cost in each, or the CPU time if there were none. */
function stageSection(run, targets) {
	if (!run.stages || !run.stages.length)
		return null;
	const rows = [], numbers = [];
	for (const [s, stage] of run.stages.entries())
		for (const t of targets) {
			const found = stage.targets[t.index];
			if (!found)
				continue;
			const each = found.per_request, seconds = (stage.length_ns || 0) / 1e9;
			rows.push({label: short(stage.name, 30), sub: targetName(t), served: !!each,
				parts: layerParts(each ? each.cpu : found.cpu.roles)});
			const cell = (p, unit) => num(follow(found, p), unit, {path: "stages." + s + ".targets." + t.index + "." + p});
			const count = follow(found, "requests.count");
			numbers.push([short(stage.name, 60), {text: targetName(t), plain: true},
				num(stage.at_ns, "ns", {path: "stages." + s + ".at_ns"}),
				num(stage.length_ns, "ns", {path: "stages." + s + ".length_ns"}), cell("requests.count", "count"),
				isKnown(count) && seconds ? num(count / seconds, "rate") : num(count, "rate"),
				cell("per_request.cpu_ns", "ns"), cell("cpu.total_ns", "ns"), cell("sched.wait_ns", "ns")]);
		}
	const served = rows.some((r) => r.served), drawn = rows.filter((r) => r.parts.length && r.served === served);
	const title = served ? "CPU time of a request in each stage" : "CPU time in each stage";
	return section("stages", "Stages", null, drawn.length ? figure({title: title, legend: modesLegend(drawn),
		label: title + ". " + describeBars(drawn.slice(0, 12), fmtNs),
		draw: (svg, width) => drawBars(svg, width, drawn.slice(0, 60), fmtNs)}) : null,
	openTable({caption: "Stages", head: ["stage", "target", "begins", "length", "requests", "rate",
		"CPU per request", "CPU time", "waited"], numbers: 2, rows: () => numbers}));
}
