// SPDX-License-Identifier: GPL-2.0-or-later
/* What a request costs, layer by layer: a layer is a role and a mode. */

/* The layers of {role: {mode_ns}} with time in them. */
function layersOf(roles) {
	const found = [];
	for (const role of ROLES)
		for (const mode of MODES) {
			const ns = follow(roles || {}, role + "." + mode + "_ns");
			if (isKnown(ns) && ns > 0)
				found.push({role: role, mode: mode, value: ns});
		}
	return found;
}

function layerParts(roles) {
	return layersOf(roles).map((l) => ({name: MODE_NAME[l.mode] || l.mode, class: "m-" + l.mode,
		value: l.value, group: l.role}));
}

function modesLegend(rows) {
	const used = MODES.concat(INSIDE).filter((m) => rows.some((r) => r.parts.some((p) => p.class === "m-" + m)));
	return legend(used.map((m) => ({class: "m-" + m, name: MODE_NAME[m] || m})));
}

/* One row a layer, one column a target; a bar beside each number, all to one scale. */
function layerTable(targets, at, caption) {
	const roles = targets.map((t) => follow(t, at === "cpu" ? "cpu.roles" : "per_request.cpu"));
	const path = at === "cpu" ? "cpu.roles" : "per_request.cpu";
	const sum = at === "cpu" ? "cpu.total_ns" : "per_request.cpu_ns";
	const most = d3.max(roles, (r) => d3.max(layersOf(r), (l) => l.value)) || 1;
	const rows = function () {
		const out = [];
		for (const role of ROLES)
			for (const mode of MODES) {
				const key = role + "." + mode + "_ns", values = roles.map((r) => follow(r || {}, key));
				if (!values.some((v) => isKnown(v) && v > 0))
					continue;
				out.push([{text: role + " " + (MODE_NAME[mode] || mode)}].concat(values.map((v, i) =>
					num(v, "ns", {bar: v / most, color: "m-" + mode,
						path: "targets." + targets[i].index + "." + path + "." + key}))));
			}
		const total = [{text: "Σ all layers"}].concat(targets.map((t) => num(follow(t, sum), "ns",
			{path: "targets." + t.index + "." + sum})));
		total.strong = true;
		out.push(total);
		return out;
	};
	return {class: "byname bars", caption: caption, head: ["layer"].concat(targets.map(targetName)), rows: rows};
}

/* What the guest time of joined VMs was spent on; it is part of the layer "vcpu guest". */
function insideTable(targets, whole) {
	const joined = targets.filter((t) => t.inside), at = whole ? "inside." : "per_request.inside.";
	if (!joined.length)
		return null;
	return openTable(metricTable(joined, "Inside the guest" + (whole ? "" : ", per request"), [
		["the guest's targets: user", at + "work.user_ns", "ns"],
		["the guest's targets: kernel", at + "work.kernel_ns", "ns"],
		["the guest's targets: user+kernel", at + "work.task_ns", "ns"],
		["the guest's targets: softirq", at + "work.softirq_ns", "ns"],
		["the guest's targets: hardirq", at + "work.hardirq_ns", "ns"],
		["VMs in the guest", at + "work.nested_ns", "ns"],
		["other tasks of the guest", at + "rest.other_ns", "ns"],
		["softirq, unattributed", at + "rest.softirq_ns", "ns"],
		["hardirq, unattributed", at + "rest.hardirq_ns", "ns"],
		["virtax in the guest", at + "rest.tracer_ns", "ns"], ["idle loop", at + "rest.idle_ns", "ns"],
		["unknown to the guest", at + "rest.unknown_ns", "ns"],
		["not recorded inside", at + "rest.outside_ns", "ns"], ["all guest time", at + "total_ns", "ns"],
		["error of the targets' sum, of the whole run", "inside.join.error_ns", "ns"]]));
}

function requestSection(run, targets) {
	const served = targets.filter((t) => t.per_request), whole = !served.length;
	const shown = whole ? targets : served, at = whole ? "cpu" : "per_request";
	const rows = shown.map((t) => ({label: targetName(t), sub: targetKind(t),
		parts: layerParts(whole ? t.cpu.roles : t.per_request.cpu)})).filter((r) => r.parts.length);
	if (!rows.length)
		return null;
	const title = whole ? "CPU time by role and mode" : "CPU time of a request by role and mode";
	const node = section("request", whole ? "CPU time" : "What a request costs", whole ?
		"No requests were counted, so these are totals of the whole recording." : null,
		figure({title: title, legend: modesLegend(rows), note: "all bars to one scale",
			label: title + ". " + describeBars(rows, fmtNs),
			draw: (svg, width) => drawBars(svg, width, rows, fmtNs)}),
		openTable(layerTable(shown, at, title)));
	if (shown.length > 1)
		node.append(pairWaterfall(shown, whole));
	node.append(el("div", {class: shown.length > 3 ? null : "pair"}, insideTable(shown, whole), whole ? null :
		openTable(metricTable(shown, "Besides CPU time, per request", [
			["waited for a CPU", "per_request.wait_ns", "ns"],
			["error of the user/kernel split", "per_request.split_error_ns", "ns"],
			["bytes received", "per_request.rx_bytes", "bytes"], ["bytes sent", "per_request.tx_bytes", "bytes"],
			["packets received", "per_request.rx_packets", "count"],
			["packets sent", "per_request.tx_packets", "count"],
			["page faults", "per_request.faults", "count"],
			["bytes read from disks", "per_request.block_read_bytes", "bytes"],
			["bytes written to disks", "per_request.block_write_bytes", "bytes"]]))));
	return node;
}
