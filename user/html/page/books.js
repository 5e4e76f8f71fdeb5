// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the CPUs' time went, what was lost, what was not measured, and on what host. */
function cpuParts(run) {
	const host = run.host_cpu || {}, parts = byCpu(run.targets).slice(0, 7).map((t) => ({name: targetName(t),
		value: t.cpu.total_ns || 0, path: "targets." + t.index + ".cpu.total_ns"}));
	const others = d3.sum(byCpu(run.targets).slice(7), (t) => t.cpu.total_ns || 0);
	parts.forEach((p, i) => { p.class = "t-" + i; });
	if (others)
		parts.push({name: "other targets", value: others, class: "t-7"});
	for (const p of [["managers of VMs", "vm_manager_ns", "h-manager"],
		["managers of containers", "container_manager_ns", "h-manager"], ["other tasks", "other_ns", "h-other"],
		["softirq, owner unknown", "softirq_ns", "m-softirq"], ["hardirq, owner unknown", "hardirq_ns", "m-hardirq"],
		["stolen by the hypervisor", "steal_ns", "h-steal"], ["virtax", "tracer_ns", "h-tracer"],
		["idle", "idle_ns", "h-idle"]])
		parts.push({name: p[0], value: host[p[1]], class: p[2], path: "host_cpu." + p[1]});
	return parts.filter((p) => p.value !== undefined);
}

function booksSection(run) {
	const parts = cpuParts(run), all = run.window.wall_ns * run.window.cpus || 1, books = run.books;
	const drawn = parts.filter((p) => p.value > 0), share = (v) => fmtPercent(100 * v / all);
	const row = {label: "all CPUs", total: "", parts: drawn.map((p) => Object.assign({}, p,
		{value: 100 * p.value / all}))};
	return section("books", "Books", "Every nanosecond of the CPUs is in exactly one account.",
		figure({title: "Where the time of " + run.window.cpus + " CPUs went", legend: legend(drawn),
			label: "CPU time by account: " + drawn.map((p) => p.name + " " + share(p.value)).join(", "),
			draw: (svg, width) => drawBars(svg, width, [row], fmtPercent),
			table: {caption: "CPU time by account", head: ["account", "CPU time", "of the CPUs"],
				rows: () => parts.map((p) => [p.name, num(p.value, "ns", {path: p.path}),
					num(isKnown(p.value) ? 100 * p.value / all : null, "percent")])}}),
		openTable({class: "byname", caption: "Books", head: ["number", "value"], rows: () => [["expected", "books.expected_ns", "ns"],
			["accounted for", "books.accounted_ns", "ns"], ["out of balance, parts per million", "books.error_ppm",
				"count"], ["unattributed", "books.unattributed_ns", "ns"], ["virtax itself", "self.tracer_ns", "ns"],
			["virtax in user space", "self.user_cpu_ns", "ns"], ["virtax's memory at most", "self.max_rss_bytes",
				"bytes"]].map((r) => [r[0], num(follow(run, r[1]), r[2], {path: r[1]})]).concat(
			Object.keys(books.lost).filter((k) => books.lost[k] !== 0).map((k) => ["lost: " + k.replace(/_/g, " "), num(books.lost[k], "count",
				{path: "books.lost." + k})]))}));
}

/* Notes speak of the run file, in which null is unknown. */
function plain(text) {
	return visible(text).replace(/\bnull\b/g, "unknown").replace(/\bpss_bytes\b/g, "PSS");
}

function notesSection(run) {
	const notes = run.degraded || [], host = run.host;
	const facts = [["host", host.hostname], ["kernel", host.kernel], ["build", host.kernel_build], ["architecture",
		host.arch], ["CPU", host.cpu_model], ["CPUs", host.cpus], ["memory", isKnown(host.memory_bytes) ?
		fmtBytes(host.memory_bytes) : null], ["hypervisor", host.hypervisor], ["cgroups", host.cgroup],
	["split", run.split]].concat(Object.entries(host.tunables || {})).filter((f) => f[1] !== null && f[1] !== undefined);
	const programs = follow(run, "self.programs") || [];
	return section("notes", "Notes", null, notes.length ? el("ul", {class: "notes"}, notes.map((n) => el("li", {},
		el("b", {}, visible(n.what)), ": " + plain(n.why) + "; " + plain(n.costs)))) :
		el("p", {}, "Everything was measured."), el("h3", {}, "Host"), el("dl", {class: "facts"}, facts.map((f) =>
		el("div", {class: String(f[1]).length > 80 ? "wide" : null}, el("dt", {}, visible(f[0])),
			el("dd", {}, visible(f[1]))))),
	programs.length ? closedTable({caption: "programs of virtax in the kernel", head: ["program", "hook", "runs", "time"],
		numbers: 2, rows: () => programs.map((p, i) => [visible(p.name), {text: visible(p.hook), plain: true},
			num(p.runs, "count", {path: "self.programs." + i + ".runs"}),
			num(p.ns, "ns", {path: "self.programs." + i + ".ns"})])}) : null);
}
