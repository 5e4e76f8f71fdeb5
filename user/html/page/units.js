// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as people read them, and names from outside made harmless for the eye. */
const UNKNOWN = "?", NONE = "–";
const MODES = ["guest", "user", "kernel", "task", "poll", "softirq", "hardirq"];
const ROLES = ["vcpu", "emulator", "iothread", "vhost", "kvm", "workload", "runtime"];
/* What a guest's kernel spends time on, besides the modes. */
const INSIDE = ["nested", "other", "tracer", "idle", "unknown", "outside"];
const MODE_NAME = {task: "user + kernel"};

/* Characters that do not show, or that change the direction or the place of others. */
const UNSEEN = new RegExp("[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5" +
	"\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0" +
	"\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}\\ud800-\\udfff]", "gu");

function visible(text) {
	return String(text).replace(UNSEEN, function (c) {
		const code = c.codePointAt(0), hex = code.toString(16);
		return code < 0x100 ? "\\x" + hex.padStart(2, "0") :
			code < 0x10000 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
	});
}

/* At most n characters; the beginning and the end of a long name are what distinguishes it. */
function short(text, n) {
	const all = Array.from(visible(text));
	if (all.length <= n)
		return all.join("");
	const tail = Math.floor((n - 1) / 3);
	return all.slice(0, n - 1 - tail).join("") + "…" + all.slice(all.length - tail).join("");
}

function isKnown(x) {
	return typeof x === "number" && isFinite(x);
}

/* Three significant digits, without an exponent. */
function digits(x) {
	const size = Math.abs(x);
	if (size >= 99.95 || x === 0)
		return x.toFixed(0);
	return x.toFixed(size >= 9.995 ? 1 : size >= 0.995 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(size))));
}

function scaled(x, base, names) {
	let i = 0;
	while (i + 1 < names.length && Math.abs(x) >= 999.5 * base) {
		x /= 1000;
		i++;
	}
	return (i === 0 && Number.isInteger(x) ? String(x) : digits(x)) + " " + names[i];
}

function fmtNs(x) {
	if (Math.abs(x) > 0 && Math.abs(x) < 0.1)
		return "<0.1 ns";
	return scaled(x, 1, ["ns", "µs", "ms", "s"]);
}

/* A difference. */
function signed(ns) {
	return ns === 0 ? "±0" : (ns > 0 ? "+" : "−") + fmtNs(Math.abs(ns));
}

function fmtBytes(x) {
	return scaled(x, 1, ["B", "kB", "MB", "GB", "TB"]);
}

function fmtCount(x) {
	if (!Number.isInteger(x))
		return Math.abs(x) < 1000 ? digits(x) : fmtCount(Math.round(x));
	return Math.abs(x) < 10000 ? String(x) : String(x).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function fmtRate(x) {
	return (x >= 1000 ? fmtCount(Math.round(x)) : digits(x)) + " /s";
}

function fmtPercent(x) {
	return x > 0 && x < 0.05 ? "<0.1 %" : x.toFixed(1) + " %";
}

function fmtCpus(x) {
	return digits(x);
}

function fmtByteRate(x) {
	return fmtBytes(x) + "/s";
}

function fmtSeconds(x) {
	const s = Math.round(x * 1000) / 1000;
	if (s < 120)
		return s + " s";
	return Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
}

/* For axes, where all have the same digits: "1.00 ms" is "1 ms", and 0 has no unit. */
function tick(format) {
	return (x) => x === 0 ? "0" : format(x).replace(/(\.\d*?)0+( |$)/, "$1$2").replace(/\.( |$)/, "$1");
}

const FORMAT = {ns: fmtNs, bytes: fmtBytes, count: fmtCount, rate: fmtRate, percent: fmtPercent,
	cpus: fmtCpus, byterate: fmtByteRate};

/* Follows "a.b.c" into the data; undefined where something is missing. */
function follow(of, path) {
	for (const key of path.split(".")) {
		if (of === null || of === undefined)
			return undefined;
		of = of[key];
	}
	return of;
}
