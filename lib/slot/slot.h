/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The life of one slot. First its programs make the medium: they start the
 * source, attach a block device, look at the image and insert it. Then a loop
 * keeps the medium alive. One way undoes all of it, from any point. Only
 * vm-slot uses this folder. It knows in which order programs run, what the end
 * of each means, and what then happens to the slot. It does not know what the
 * programs do.
 *
 *	loop.c      the loop around poll(2)
 *	programs.c  what the programs print, and how they end
 *	requests.c  the requests of vmctl
 *	phases.c    the table: phase, event, action, next phase
 *	live.c      a medium that is inserted: restarts, source, host
 *	undo.c      the way out, from any phase
 *	make.c      the way in: source -> attach -> look -> insert
 *	limits.c    limits of a medium: time, idleness, one boot
 *	hooks.c     running the hooks
 *	tickets.c   telling a client that comes back how its medium ended
 *	common.c    what these files share
 *	control.c   the socket for requests; ask.c: its client
 *	watch.c     the drive and the USB port, by the kernel's events
 *	child.c     one program; state.c: the slot's directory
 *
 * Each file calls only files below it in this list. To reach a file above it,
 * it raises an event. The files write to standard error only by slot_say(), and
 * pass on the lines of the programs.
 */
#ifndef VM_SLOT_SLOT_H
#define VM_SLOT_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "slot/child.h"
#include "slot/state.h"
#include "slot/watch.h"

/* Where a slot is in its life. One bit each: a row may stand for several. */
enum phase {
	PHASE_SOURCE = 1 << 0,	  /* the source is started, or waited for */
	PHASE_ATTACH = 1 << 1,	  /* it becomes a block device */
	PHASE_LOOK = 1 << 2,	  /* what is the image? */
	PHASE_INSERT = 1 << 3,	  /* it goes into the drive */
	PHASE_IN = 1 << 4,	  /* the host has it */
	PHASE_ASK = 1 << 5,	  /* the host is asked to let it go */
	PHASE_EMPTY = 1 << 6,	  /* it is taken out of the drive */
	PHASE_FREE = 1 << 7,	  /* ... whose source does not answer */
	PHASE_WRITE_OUT = 1 << 8, /* what the host wrote goes to the source */
	PHASE_DETACH = 1 << 9,	  /* the block device goes */
	PHASE_STOP = 1 << 10,	  /* the programs end */
	PHASE_TELL = 1 << 11,	  /* the hooks hear of the end */
	PHASE_OVER = 1 << 12,
	PHASE_SAME = 0, /* as a row's next: stay */
};

#define PHASES_MAKE (PHASE_SOURCE | PHASE_ATTACH | PHASE_LOOK | PHASE_INSERT)
#define PHASES_LIVE (PHASE_IN | PHASE_ASK)
#define PHASES_UNDO \
	(PHASE_EMPTY | PHASE_FREE | PHASE_WRITE_OUT | PHASE_DETACH | PHASE_STOP)

enum event {
	EVENT_READY,	/* the child of this phase has what it was to give */
	EVENT_FAILED,	/* it ended without; or the medium can't go on */
	EVENT_TIMEOUT,	/* the mount takes too long */
	EVENT_EJECT,	/* somebody asks for an eject, by leave of the host */
	EVENT_FORCE,	/* ... whatever the host and the source do */
	EVENT_END,	/* it must go: a limit, its source, the host, SIGTERM */
	EVENT_REFUSED,	/* the host has locked its drive */
	EVENT_STUCK,	/* the source holds up the host's read, and us */
	EVENT_DONE,	/* this step of the undoing is done */
	EVENT_STEPS_MAX /* their number */
};

struct slot {
	unsigned number;
	struct state state;
	enum phase phase;
	struct child children[CHILDREN];
	struct watch watch;
	int lock;    /* the descriptor that holds it; see state.h */
	int signals; /* slot_catch_signals() */
	bool verbose;
	bool quiet;	    /* what the children say is not logged */
	size_t logged;	    /* bytes since the log was looked at */
	const char *notify; /* systemd's socket, or NULL */

	/* The request. */
	bool writable, served;
	int64_t timeout; /* seconds for the way in */
	int64_t give_up; /* clock_ms() at which it is over */

	/* What is in, for hooks, when its files are gone already. */
	char url[STATE_VALUE_MAX], device[64], media[8];

	/* How it goes. */
	char source[16]; /* ok waiting down refused changed gone starting */
	struct restart restart[2]; /* of CHILD_SOURCE and CHILD_ATTACH */

	/* How it ends. */
	const char *end;	    /* the state to leave: empty or failed */
	int status;		    /* with what, 0: as was wanted */
	char error[CHILD_LINE_MAX]; /* and why; "": as was wanted */
	char reason[256];	    /* where nobody had asked for it */
	bool was_in;		    /* hooks are told of the end */
	bool forced;		    /* wait for nothing */
	bool stuck;		    /* the source does not answer */
	bool writer_due;	    /* a writer must tell whether all is kept */
	bool restarting;	    /* systemd ends us to start us again */
	bool interrupted;	    /* another use of the drive ends first */
	bool to_make;		    /* then do what the request asks for */
	bool tickets_ended;	    /* ended: those whose bearers are told */
	char **ended;
	size_t nended;

	/* Hooks: the events to be told, and how far the first has come. */
	char hooks[256];
	unsigned hooked;
	bool hurried; /* the next mount waits for us */

	/* Limits. */
	int64_t tick_at;  /* the next look at them; 0: there are none */
	char counted[64]; /* requests when it was last not idle */
	char port[UDC_STATE_SIZE]; /* the state of the host's port */

	bool reload_due;   /* as soon as no hook runs */
	int reload_client; /* the descriptor of who waits, -1: nobody */

	enum event events[8]; /* that have happened, and are not acted on yet */
	unsigned nevents;

	struct control *control;
	void (*reload)(struct slot *); /* execute vm-slot anew; or return */
};

/* --- phases.c ------------------------------------------------------------ */

/* Begin with that phase: what it starts is started. */
void slot_enter(struct slot *, enum phase);

/* Act on the events that have happened. */
void slot_act(struct slot *);

/* --- programs.c ---------------------------------------------------------- */

/* A child has ended, or has printed or said a line. */
void slot_child_ended(struct slot *, enum child_id, int status);
void slot_child_heard(void *slot, struct child *, bool said, const char *line);

/* --- requests.c ---------------------------------------------------------- */

/* Somebody asks: eject [force|take|source], renew, reload, follow, leave. */
void slot_asked_for(struct slot *, const char *request, int client);

/* Can what is installed be executed, for a reload? 0: yes. */
void slot_checked(struct slot *, int status);

/* Reload where that is due, and loses nothing. */
void slot_reload(struct slot *);

/* --- what all parts use (common.c) --------------------------------------- */

/* Something has happened. What no row of the table names is of no matter. */
void slot_event(struct slot *, enum event);

/* A line to the journal, which knows the time, or with it to our log. */
void slot_say(const struct slot *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tell systemd, where it has started us: sd_notify(3). */
void slot_notify(const struct slot *, const char *state, bool ready);

/*
 * Note how it ends: exit status and reason. The first reason stays. It is for
 * the caller to raise EVENT_FAILED.
 */
void slot_set_error(struct slot *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* It must go, for that reason, though nobody has asked for it. */
void slot_over(struct slot *, const char *reason);

/* Write a value of the state; a failure is said, and fails a mount. */
void slot_put(struct slot *, const char *name, const char *value);
void slot_put_number(struct slot *, const char *name, int64_t value);

/* What it is doing now, for those who watch. */
void slot_step(struct slot *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Something for whoever mounts to know. */
void slot_note(struct slot *, const char *text);

/* Is that asked for? asked: with what value (state_get). */
bool slot_is_asked(const struct slot *, const char *name);
bool slot_asked(
    const struct slot *, const char *name, char value[static STATE_VALUE_MAX]);

/* Start a child, to be killed after `seconds` (0: never); NULL ends argv. */
void slot_start(
    struct slot *, enum child_id, unsigned seconds, const char *const argv[]);
bool slot_runs(const struct slot *, enum child_id);

/* The drive's reads, and "reads+writes" of all time; -1, and "", if unknown. */
int64_t slot_medium_reads(const struct slot *);
void slot_medium_requests(const struct slot *, char text[static 64]);

/* Pass on a line of a child's to the log, which is kept short. */
void slot_log(struct slot *, const char *line);

/* Keep a log that lies in memory short. */
void slot_shorten_log(const struct slot *);

/* --- make.c -------------------------------------------------------------- */

void slot_start_source(struct slot *);
void slot_start_attach(struct slot *);
void slot_start_look(struct slot *);
void slot_start_insertion(struct slot *);
void slot_spawn_source(struct slot *);
void slot_spawn_attach(struct slot *, bool adopt);
void slot_attend_writer(struct slot *);
void slot_hear_probe(struct slot *, const char *line);
void slot_make_ended(struct slot *, enum child_id, int status);

/* The child has ended and must not have: what it said is why all of it ends. */
void slot_fail_by_child(struct slot *, enum child_id, int status);

/* --- live.c, limits.c ---------------------------------------------------- */

void slot_begin(struct slot *);	 /* it is in */
void slot_resume(struct slot *); /* it was in before us */
void slot_hear_source(struct slot *, const char *word);
void slot_live_ended(struct slot *, enum child_id, int status);
void slot_restart(struct slot *, enum child_id);
void slot_hear_watch(struct slot *, const struct look *);
void slot_hear_server(struct slot *, const char *line);

void slot_limits_begin(struct slot *);
void slot_limits_resume(struct slot *);
void slot_limits_check(struct slot *);
int slot_limits_left(const struct slot *, int64_t now); /* ms; -1: none */
void slot_hear_port(struct slot *, const char *state);
void slot_hear_power(struct slot *, const char *line);

/* --- undo.c -------------------------------------------------------------- */

void slot_ask_host(struct slot *);
void slot_refused(struct slot *);
void slot_begin_end(struct slot *);
void slot_empty_drive(struct slot *);
void slot_free_drive(struct slot *);
void slot_write_out(struct slot *);
void slot_detach(struct slot *);
void slot_stop(struct slot *);
void slot_finish(struct slot *);
void slot_remove_leftovers(struct slot *);
void slot_hear_writer(struct slot *);
void slot_hear_job(struct slot *, const char *line);
void slot_undo_ended(struct slot *, enum child_id, int status);

/* --- hooks.c, tickets.c -------------------------------------------------- */

/* Remember what hooks are told of a medium that is in. */
void slot_hooks_know(struct slot *);
void slot_hook(struct slot *, const char *event);
void slot_next_hook(struct slot *);
void slot_tell(struct slot *);
void slot_leave(struct slot *, int client);

/*
 * Who has come in for this medium is not let in for another, but told how it
 * ended: once by what is known then, and again with the error that followed.
 */
void slot_end_tickets(struct slot *);

/* --- loop.c -------------------------------------------------------------- */

/* From here on signals wait for the loop: a descriptor to read them from. */
int slot_catch_signals(void);

/* Live until it is over. Returns the exit status. */
int slot_loop(struct slot *);

#endif
