/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a command makes of its job: an answer, or a question to the host.
 */
#include <string.h>

#include "scsi/internal.h"

uint8_t *
scsi_add(struct scsi_job *job, size_t size)
{
	uint8_t *at = job->data + job->length;

	/* Every answer is bounded; no host makes one longer. */
	if (size > sizeof(job->data) - job->length)
		__builtin_trap();
	memset(at, 0, size);
	job->length += size;
	return at;
}

void
scsi_answer(struct scsi_job *job, uint64_t allocated)
{
	if (job->length > allocated)
		job->length = allocated;
	if (job->length > 0)
		job->direction = SCSI_TO_HOST;
}

void
scsi_ask(struct scsi_job *job, size_t size)
{
	if (size == 0)
		return;
	job->action = SCSI_TAKE;
	job->direction = SCSI_FROM_HOST;
	job->length = size;
}
