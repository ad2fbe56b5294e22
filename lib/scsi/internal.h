/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the parts of scsi.h share; no other file includes this. command.c, which
 * has the table, stands above the others: they know the unit and its job, and none
 * of them calls it.
 */
#ifndef VM_SCSI_INTERNAL_H
#define VM_SCSI_INTERNAL_H

#include "scsi/scsi.h"

/* Sense key, additional sense code, qualifier (SPC-4). */
#define SENSE(key, code, qualifier) \
	((uint32_t)(key) << 16 | (uint32_t)(code) << 8 | (qualifier))
#define SENSE_OPCODE	      SENSE(0x05, 0x20, 0x00) /* invalid operation code */
#define SENSE_RANGE	      SENSE(0x05, 0x21, 0x00) /* block address out of range */
#define SENSE_FIELD	      SENSE(0x05, 0x24, 0x00) /* invalid field in the command */
#define SENSE_LUN	      SENSE(0x05, 0x25, 0x00) /* logical unit not supported */
#define SENSE_LENGTH	      SENSE(0x05, 0x1a, 0x00) /* parameter list length */
#define SENSE_PARAMETER	      SENSE(0x05, 0x26, 0x00) /* invalid field in the list */
#define SENSE_FORMAT	      SENSE(0x05, 0x30, 0x02) /* incompatible format */
#define SENSE_SAVING	      SENSE(0x05, 0x39, 0x00) /* saving parameters */
#define SENSE_MODE	      SENSE(0x05, 0x64, 0x00) /* illegal mode for this track */
#define SENSE_KEY	      SENSE(0x05, 0x6f, 0x01) /* no key present */
#define SENSE_PREVENTED	      SENSE(0x05, 0x53, 0x02) /* removal prevented */
#define SENSE_PREVENTED_EMPTY SENSE(0x02, 0x53, 0x02)
#define SENSE_PROTECTED	      SENSE(0x07, 0x27, 0x00)

/* scsi_unit.attention, in the order in which they are told */
enum {
	ATTENTION_RESET = 1,
	ATTENTION_MEDIUM = 2
};

/* Bits of scsi_unit.events: 1 << the code of a media event (MMC-6) */
enum {
	EVENT_EJECT_REQUEST = 1 << 1,
	EVENT_NEW = 1 << 2,
	EVENT_REMOVAL = 1 << 3
};

/* Bits of scsi_unit.prevented */
enum {
	PREVENTED = 1,
	PREVENTED_PERSISTENTLY = 2
};

static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | get16(p + 1);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t
get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void
put24(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 16);
	put16(p + 1, value);
}

static inline void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static inline void
put64(uint8_t *p, uint64_t value)
{
	put32(p, (uint32_t)(value >> 32));
	put32(p + 4, (uint32_t)value);
}

/* The value, or all ones if 32 bits can't hold it. */
static inline uint32_t
most32(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* --- job.c: what a job answers, or asks ---------------------------------- */

/* Append size zero bytes to what the job answers. Returns the first. */
uint8_t *scsi_add(struct scsi_job *, size_t size);

/* The answer is complete: send as much of it as the host allocates. */
void scsi_answer(struct scsi_job *, uint64_t allocated);

/* Ask the host for size bytes; none of them is no error, and nothing to do. */
void scsi_ask(struct scsi_job *, size_t size);

/* --- sense.c -------------------------------------------------------------- */

/* The command is refused, with this sense. */
void scsi_refuse(struct scsi_unit *, struct scsi_job *, uint32_t sense);

/* The sense of a unit that lacks a medium. */
uint32_t scsi_no_medium(const struct scsi_unit *);

/* The first unit attention that was not told yet, as a bit; or 0. */
uint8_t scsi_attention(const struct scsi_unit *);

/* Tell a unit attention. Returns its sense. */
uint32_t scsi_tell_attention(struct scsi_unit *, uint8_t bit);

/* --- block.c -------------------------------------------------------------- */

/* Do the blocks lie on the medium? None of them may lie just behind it. */
bool scsi_in_range(const struct scsi_unit *, uint64_t block, uint64_t count);

/* Read these blocks, if they are on the medium; no block is no error. */
void scsi_read_blocks(
    struct scsi_unit *, struct scsi_job *, uint64_t block, uint64_t count);

/* --- unit.c --------------------------------------------------------------- */

/* Is the DVD one of two layers? */
bool scsi_has_two_layers(const struct scsi_unit *);

/* --- mode-pages.c --------------------------------------------------------- */

/* Give all mode pages their default values. May the unit keep writes in a cache? */
void scsi_init_pages(struct scsi_unit *);
bool scsi_caches_writes(const struct scsi_unit *);

/*
 * The mode pages of the unit's type, in ascending order: the n-th's
 * code, or -1 behind the last.
 */
int scsi_page_code(const struct scsi_unit *, size_t n);

/* The page's length in bytes behind its head of two. */
size_t scsi_page_length(const struct scsi_unit *, size_t n);

/* Write its values, as the page control says: 0 current, 1 changeable, 2 default. */
void scsi_page_values(
    const struct scsi_unit *, size_t n, unsigned control, uint8_t *values);

/* Set what can change of it. */
void scsi_set_page(struct scsi_unit *, size_t n, const uint8_t *values);

/* --- the commands --------------------------------------------------------- */

/*
 * What runs a command, and what takes its parameter list: a row of the table in
 * command.c has them. cdb has all the bytes that the row says.
 */
typedef void scsi_run(
    struct scsi_unit *, const uint8_t *cdb, struct scsi_job *);
typedef void scsi_taker(
    struct scsi_unit *, struct scsi_job *, const uint8_t *bytes);

/* sense.c */
scsi_run scsi_run_request_sense;
/* inquiry.c */
scsi_run scsi_run_inquiry, scsi_run_report_luns;
/* mode.c */
scsi_run scsi_run_mode_sense, scsi_run_mode_select;
scsi_taker scsi_take_mode;
/* capacity.c */
scsi_run scsi_run_capacity, scsi_run_capacity16, scsi_run_format_capacities;
/* block.c */
scsi_run scsi_run_read, scsi_run_write, scsi_run_verify, scsi_run_synchronize,
    scsi_run_seek;
/* unmap.c */
scsi_run scsi_run_unmap;
scsi_taker scsi_take_unmap;
/* tray.c */
scsi_run scsi_run_prevent, scsi_run_start_stop, scsi_run_mechanism;
/* toc.c */
scsi_run scsi_run_toc, scsi_run_subchannel, scsi_run_header;
/* read-cd.c */
scsi_run scsi_run_read_cd, scsi_run_read_cd_msf;
/* disc.c */
scsi_run scsi_run_disc, scsi_run_track;
/* structure.c */
scsi_run scsi_run_structure;
/* configuration.c */
scsi_run scsi_run_configuration;
/* events.c */
scsi_run scsi_run_events;
/* speed.c */
scsi_run scsi_run_performance, scsi_run_streaming, scsi_run_buffer;
scsi_taker scsi_take_streaming;

#endif
