// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of numbers by target, and the rows of the plain ones. */
const REQUEST_ROWS = [
	["served", "requests.count", "count"],
	["seen on the wire", "requests.wire_count", "count"],
	["status 1xx", "requests.status.1xx", "count"], ["status 2xx", "requests.status.2xx", "count"],
	["status 3xx", "requests.status.3xx", "count"], ["status 4xx", "requests.status.4xx", "count"],
	["status 5xx", "requests.status.5xx", "count"], ["other status", "requests.status.other", "count"],
	["response time, p50", "requests.latency_ns.p50", "ns"], ["response time, p90", "requests.latency_ns.p90", "ns"],
	["response time, p99", "requests.latency_ns.p99", "ns"], ["response time, max", "requests.latency_ns.max", "ns"],
	["first byte, p50", "requests.first_byte_ns.p50", "ns"], ["first byte, p90", "requests.first_byte_ns.p90", "ns"],
	["first byte, p99", "requests.first_byte_ns.p99", "ns"], ["first byte, max", "requests.first_byte_ns.max", "ns"],
	["unanswered", "requests.unanswered", "count"], ["gaps in streams", "requests.gaps", "count"],
	["not HTTP", "requests.garbage", "count"], ["retransmitted", "requests.retransmits", "count"],
];
const TOTAL_ROWS = [
	["CPU time", "cpu.total_ns", "ns"], ["error of the user/kernel split", "cpu.split_error_ns", "ns"],
	["waited for a CPU", "sched.wait_ns", "ns"], ["throttled", "sched.throttled_ns", "ns"],
	["context switches", "sched.switches", "count"],
	["bytes received", "net.rx_bytes", "bytes"], ["packets received", "net.rx_packets", "count"],
	["bytes sent", "net.tx_bytes", "bytes"], ["packets sent", "net.tx_packets", "count"],
];
const MEMORY_ROWS = [
	["held", "memory.held_bytes", "bytes"], ["held at the start", "memory.start.held_bytes", "bytes"],
	["freed on exit", "memory.returns_bytes", "bytes"],
	["resident, PSS", "memory.pss_bytes", "bytes"], ["PSS, anonymous", "memory.pss_anon_bytes", "bytes"],
	["PSS, file", "memory.pss_file_bytes", "bytes"], ["PSS, shmem", "memory.pss_shmem_bytes", "bytes"],
	["resident, RSS", "memory.rss_bytes", "bytes"], ["private", "memory.private_bytes", "bytes"],
	["huge pages", "memory.thp_bytes", "bytes"], ["hugetlb", "memory.hugetlb_bytes", "bytes"],
	["KSM", "memory.ksm_bytes", "bytes"], ["swap", "memory.swap_bytes", "bytes"],
	["page tables", "memory.page_table_bytes", "bytes"],
	["guest RAM, resident", "memory.guest_ram_bytes", "bytes"],
	["guest RAM, size", "memory.guest_ram_size_bytes", "bytes"],
	["VMM overhead", "memory.vmm_bytes", "bytes"], ["balloon", "memory.balloon_bytes", "bytes"],
	["cgroup, charged", "memory.memcg.current_bytes", "bytes"],
	["cgroup, anonymous", "memory.memcg.anon_bytes", "bytes"],
	["cgroup, file", "memory.memcg.file_bytes", "bytes"],
	["cgroup, kernel", "memory.memcg.kernel_bytes", "bytes"],
	["faults in user mode", "memory.faults.user", "count"],
	["faults in kernel mode", "memory.faults.kernel", "count"],
	["major faults", "memory.faults.major", "count"], ["faults of the guest", "memory.faults.guest", "count"],
	["time in faults", "memory.fault_ns", "ns"], ["its error", "memory.fault_error_ns", "ns"],
	["waited in major faults", "memory.fault_wait_ns", "ns"],
];

function blockRows(layer) {
	const rows = [];
	for (const kind of ["read", "write", "flush", "discard"])
		rows.push([kind + ", bytes", layer + "." + kind + ".bytes", "bytes"],
			[kind + ", requests", layer + "." + kind + ".ops", "count"],
			[kind + ", errors", layer + "." + kind + ".errors", "count"],
			[kind + ", p50", layer + "." + kind + ".latency_ns.p50", "ns"],
			[kind + ", p99", layer + "." + kind + ".latency_ns.p99", "ns"],
			[kind + ", max", layer + "." + kind + ".latency_ns.max", "ns"]);
	return rows.concat([["submitted by itself", layer + ".by.direct", "bytes"],
		["written back for it", layer + ".by.writeback", "bytes"],
		["metadata", layer + ".meta_bytes", "bytes"], ["queued", layer + ".queue_ns", "ns"],
		["waited for IO", layer + ".wait_ns", "ns"]]);
}

const STORAGE_ROWS = [["apparent size", "storage.apparent_bytes", "bytes"],
	["on disk", "storage.allocated_bytes", "bytes"], ["not shared", "storage.exclusive_bytes", "bytes"]];

function targetName(t) {
	return short(t.label, 40);
}

function targetKind(t) {
	const parts = [t.kind, t.runtime && visible(t.runtime), t.accel && visible(t.accel)].filter((p) => p);
	const name = t.name && t.name !== t.label ? " " + visible(t.name) : "";
	return parts.join(" ") + name;
}

function isOfVm(path) {
	return /guest_ram|vmm_bytes|balloon|faults\.guest/.test(path);
}

/*
 * One row a metric, one column a target, a bar beside each number of a row with a fourth element. A row
 * in which nothing is known, or all is 0, is left out, unless no other is left.
 */
function metricTable(targets, caption, metrics) {
	const shown = metrics.filter((m) => targets.some((t) => follow(t, m[1])));
	return {class: "byname", caption: caption, head: ["number"].concat(targets.map(targetName)), empty: !shown.length,
		rows: () => shown.map(function (m) {
			const most = d3.max(targets, (t) => follow(t, m[1])) || 1;
			return [m[0]].concat(targets.map((t) => num(isOfVm(m[1]) && t.kind !== "vm" ? undefined : follow(t, m[1]), m[2],
				{path: "targets." + t.index + "." + m[1], bar: m[3] ? follow(t, m[1]) / most : undefined})));
		})};
}

/* Nothing for a table without rows. */
function tableUnlessEmpty(spec) {
	return spec.empty ? null : openTable(spec);
}
