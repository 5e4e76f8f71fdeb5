// SPDX-License-Identifier: GPL-2.0-or-later
/* CPU totals, exits, memory and IO of the targets. */
function totalsSection(targets) {
	const served = targets.some((t) => t.per_request);
	return section("totals", "Totals", "Over the whole recording.", served ?
		el("div", {class: "table"}, closedTable(layerTable(targets, "cpu", "CPU time by role and mode"))) : null,
	tableUnlessEmpty(metricTable(targets, "Scheduling and network", TOTAL_ROWS)));
}

/* Reasons of exits by host time; at most 12 are drawn. */
function exitSection(targets) {
	const vms = targets.filter((t) => follow(t, "kvm.reasons"));
	if (!vms.length)
		return null;
	const node = section("exits", "VM exits", "Time of the host between an exit and the next entry.");
	for (const t of vms) {
		const reasons = Object.keys(t.kvm.reasons).map((k) => Object.assign({name: visible(k), key: k},
			t.kvm.reasons[k])).sort((a, b) => b.ns - a.ns);
		const requests = follow(t, "requests.count") || 0, top = reasons.slice(0, 12);
		const rows = top.map((r) => ({label: r.name, sub: fmtCount(r.count) + " exits",
			parts: [{name: "host time", class: "t-0", value: requests ? r.ns / requests : r.ns}]}));
		if (!rows.length)
			continue;
		node.append(figure({title: targetName(t) + ": host time by reason" + (requests ? ", per request" : ""),
			note: fmtCount(t.kvm.exits) + " exits" + (requests ? " · " + digits(t.kvm.exits / requests) +
				" per request" : ""), label: "Exits of " + targetName(t) + ". " + describeBars(rows.slice(0, 5), fmtNs),
			draw: (svg, width) => drawBars(svg, width, rows, fmtNs), table: exitTable(t, reasons, requests)}));
	}
	return node;
}

function exitTable(t, reasons, requests) {
	const path = (p) => "targets." + t.index + ".kvm." + p, each = (x) => requests ? x / requests : undefined;
	const row = (name, count, ns, at) => [name, num(count, "count", {path: path(at[0])}),
		num(ns, "ns", {path: path(at[1])}), num(each(count), "count"), num(each(ns), "ns")];
	const inVmm = Object.keys(t.kvm.userspace || {});
	return {caption: "exits of " + targetName(t), head: ["reason", "exits", "host time", "per request",
		"host time per request"], rows: () => [row("all", t.kvm.exits, t.kvm.exit_ns, ["exits", "exit_ns"])].concat(
		reasons.map((r) => row(r.name, r.count, r.ns, ["reasons." + r.key + ".count", "reasons." + r.key + ".ns"])),
		[row("to the VMM", t.kvm.userspace_exits, t.kvm.userspace_ns, ["userspace_exits", "userspace_ns"])],
		inVmm.map((k) => row("to the VMM: " + visible(k), t.kvm.userspace[k].count, t.kvm.userspace[k].ns,
			["userspace." + k + ".count", "userspace." + k + ".ns"])))};
}

/* The parts of a footprint: PSS where it is known, else RSS. */
function memoryParts(t) {
	const m = t.memory, kind = isKnown(m.pss_bytes) ? "pss" : "rss";
	return [["anonymous", "anon"], ["file", "file"], ["shmem", "shmem"]].map((p, i) => ({name: p[0],
		class: "t-" + i, value: m[kind + "_" + p[1] + "_bytes"] || 0})).filter((p) => p.value > 0);
}

function memorySection(targets) {
	const known = targets.filter((t) => t.memory);
	if (!known.length)
		return null;
	const rows = known.map((t) => ({label: targetName(t), sub: isKnown(t.memory.pss_bytes) ? "PSS" : "RSS",
		parts: memoryParts(t)})).filter((r) => r.parts.length);
	const title = "Resident memory at the end";
	return section("memory", "Memory", null, rows.length ? figure({title: title,
		note: "PSS: shared pages are divided among those that map them",
		legend: legend([["anonymous", 0], ["file", 1], ["shmem", 2]].map((p) => ({class: "t-" + p[1], name: p[0]}))),
		label: title + ". " + describeBars(rows, fmtBytes),
		draw: (svg, width) => drawBars(svg, width, rows, fmtBytes)}) : null,
	openTable(metricTable(known, "Memory", MEMORY_ROWS)));
}

function deviceRows(targets, layer) {
	const rows = [];
	for (const t of targets)
		(follow(t, layer + ".devices") || []).forEach(function (d, i) {
			const cell = (key, unit) => num(d[key], unit, {path: "targets." + t.index + "." + layer + ".devices." + i +
				"." + key});
			rows.push([targetName(t), {text: d.name ? visible(d.name) : UNKNOWN, plain: true}, cell("read_ops", "count"),
				cell("read_bytes", "bytes"), cell("write_ops", "count"), cell("write_bytes", "bytes"),
				cell("device_ns", "ns")]);
		});
	return rows;
}

function ioFigure(known, layer, title) {
	const rows = known.map((t) => ({label: targetName(t), parts: [["read", 0], ["write", 1]].map((k) => ({
		name: k[0], class: "t-" + k[1], value: follow(t, layer + "." + k[0] + ".bytes") || 0}))
		.filter((p) => p.value > 0)})), devices = deviceRows(known, layer);
	if (!rows.some((r) => r.parts.length))
		return el("div", {class: "table"});
	return figure({title: title, legend: legend([{class: "t-0", name: "read"}, {class: "t-1", name: "written"}]),
		label: title + ". " + describeBars(rows, fmtBytes), draw: (svg, width) => drawBars(svg, width, rows, fmtBytes),
		table: devices.length ? {caption: title + ", devices", head: ["target", "device", "reads", "bytes", "writes", "bytes",
			"device time"], numbers: 2, rows: () => devices} : null});
}

function ioSection(targets) {
	const node = section("io", "Block IO and storage", null);
	for (const layer of ["block", "block_top"]) {
		const known = targets.filter((t) => t[layer]);
		if (!known.length)
			continue;
		const title = "Block IO " + (layer === "block_top" ? "as the target sees it" :
			"at the " + known[0].block.layer + " devices"), box = ioFigure(known, layer, title);
		box.append(closedTable(metricTable(known, title + ", all numbers", blockRows(layer))));
		node.append(box);
	}
	const stored = targets.filter((t) => t.storage);
	if (stored.length)
		node.append(openTable(metricTable(stored, "Storage at the end", STORAGE_ROWS)));
	return node.querySelector("table") ? node : null;
}
