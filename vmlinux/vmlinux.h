/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmlinux.h - the kernel's types, as far as virtax reads them. The files behind this one are
 * generated (tools/gen-vmlinux.sh) and hold only fields that some program uses; CO-RE finds
 * their offsets in the running kernel.
 */
#ifndef VIRTAX_VMLINUX_H
#define VIRTAX_VMLINUX_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef int pid_t;

/* Only ever pointed at. */
struct bpf_perf_event_data;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
#include "x86/vmlinux.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arm64/vmlinux.h"
#else
#error "no vmlinux.h for this architecture: run tools/gen-vmlinux.sh and add it here"
#endif

#pragma clang attribute pop

#endif
