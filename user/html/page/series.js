// SPDX-License-Identifier: GPL-2.0-or-later
/* The time series: columns of numbers by row, and what can be shown of them. */
const SERIES_KINDS = [
	{key: "cpu", name: "CPU by mode", unit: "CPUs busy", format: fmtCpus},
	{key: "requests", name: "requests per second", columns: ["requests"], format: fmtRate},
	{key: "each", name: "CPU per request", format: fmtNs},
	{key: "wait", name: "waiting for a CPU", columns: ["wait_ns"], scale: 1e-9, unit: "threads waiting",
		format: fmtCpus},
	{key: "faults", name: "page faults", columns: ["faults"], format: fmtRate},
	{key: "exits", name: "VM exits", columns: ["exits"], format: fmtRate},
	{key: "read", name: "block IO, read", columns: ["read_bytes"], format: fmtByteRate},
	{key: "write", name: "block IO, written", columns: ["write_bytes"], format: fmtByteRate},
	{key: "rx", name: "network, received", columns: ["rx_bytes"], format: fmtByteRate},
	{key: "tx", name: "network, sent", columns: ["tx_bytes"], format: fmtByteRate},
	{key: "held", name: "memory held", columns: ["held_bytes"], level: true, format: fmtBytes},
	{key: "rss", name: "memory resident", columns: ["rss_bytes"], level: true, format: fmtBytes},
];

/* A column of equal values is one value. */
function cellOf(column, i) {
	return Array.isArray(column) ? column[i] : column;
}

function hasValues(column) {
	return Array.isArray(column) || (isKnown(column) && column !== 0);
}

function modesOf(target) {
	return MODES.filter((m) => hasValues(target[m]));
}

function kindsOf(series, targets) {
	return SERIES_KINDS.filter(function (kind) {
		if (kind.key === "cpu")
			return targets.some((t) => modesOf(t).length);
		if (kind.key === "each")
			return targets.some((t) => hasValues(t.requests) && modesOf(t).length);
		return targets.some((t) => hasValues(t[kind.columns[0]]));
	});
}

/* The rows from `first` to `last`, in at most `most` bins: {begin, end: s, from, to: rows}. */
function binsOf(series, first, last, most) {
	const size = Math.max(1, Math.ceil((last - first) / most)), bins = [];
	for (let i = first; i < last; i += size) {
		const to = Math.min(i + size, last);
		bins.push({begin: (series.at_ns[i] - series.length_ns[i]) / 1e9, end: series.at_ns[to - 1] / 1e9,
			from: i, to: to});
	}
	return bins;
}

/* The known values of a column in a bin, and the time they are of; null if there is none. */
function sumIn(series, column, bin) {
	let sum = 0, ns = 0;
	for (let i = bin.from; i < bin.to; i++) {
		const value = cellOf(column, i);
		if (isKnown(value)) {
			sum += value;
			ns += series.length_ns[i];
		}
	}
	return ns > 0 ? {sum: sum, ns: ns} : null;
}

function cpuIn(series, target, bin) {
	const sums = modesOf(target).map((m) => sumIn(series, target[m], bin));
	return sums.some((s) => s) ? d3.sum(sums, (s) => s ? s.sum : 0) : null;
}

/* What a kind shows of a target in a bin; null: unknown. */
function valueIn(series, target, kind, bin) {
	if (kind.key === "each") {
		const cpu = cpuIn(series, target, bin), requests = sumIn(series, target.requests, bin);
		return cpu !== null && requests && requests.sum ? cpu / requests.sum : null;
	}
	if (kind.key === "cpu") {
		const ns = d3.sum(series.length_ns.slice(bin.from, bin.to)), cpu = cpuIn(series, target, bin);
		return cpu === null || !ns ? null : cpu / ns;
	}
	if (kind.level) {
		const level = cellOf(target[kind.columns[0]], bin.to - 1);
		return isKnown(level) ? level : null;
	}
	const found = sumIn(series, target[kind.columns[0]], bin);
	return found ? found.sum / found.ns * 1e9 * (kind.scale || 1) : null;
}

/* The columns of the table: [{head, column of numbers}], as they stand in the run file. */
function tableColumns(targets, kind, names) {
	const out = [];
	targets.forEach(function (t, i) {
		const keys = kind.key === "cpu" ? modesOf(t) : kind.key === "each" ? modesOf(t).concat("requests") :
			kind.columns;
		for (const key of keys)
			out.push({head: names[i] + ": " + (MODES.includes(key) ? key + "_ns" : key), column: t[key],
				unit: key.endsWith("_bytes") ? "bytes" : MODES.includes(key) || key.endsWith("_ns") ?
					"ns" : "count"});
	});
	return out;
}
