/* The one GSource that lets a machine work in the world: it reads the clock and the sockets, feeds
 * the machine, and sends what the machine wants sent. One dispatch is
 *
 *     now → datagrams in → deadline, if due → the owner's events → datagrams out → next deadline
 *
 * Events go before outputs, so that what the owner answers can leave at once and often in the same
 * datagram.
 *
 * The machine's deadlines count sleep (CLOCK_BOOTTIME); poll(2) and GLib's ready time do not. So
 * the time to wait is computed from the true clock before every poll, and for deadlines far away an
 * alarm on the true clock is set besides, so that one that passed while the machine slept is met as
 * soon as it wakes up. An idle program has no wake-up but its machine's own.
 *
 * Why not g_source_set_ready_time(), and why the source may recurse: either way GLib would write to
 * the context's wake-up descriptor in every dispatch and spend the next iteration on reading that
 * back. See dispatch().
 *
 * Not here: what the machine does, and how datagrams are moved (udpnat-socket.c).
 */

#include "config.h"

#include "udpnat-machine-source.h"

#include "udpnat-clock.h"
#include "udpnat-socket-pool.h"

#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Per dispatch and socket, so that a flood leaves the rest of the program its turn. */
#define BATCHES_MAX 4
/* Handed to the machine at a time: enough for it to do together what can be done together, and few
 * enough that a turn ends in time when each of them takes long. The socket reads more at once. */
#define HANDED_MAX 16
/* Nor is another batch begun when those before have taken so long: handshakes do. */
#define RECEIVE_MAX_US UDPNAT_MSEC (10)
/* Per dispatch; what is left goes out in the next one. */
#define OUTPUTS_MAX 4096
/* How often a deadline may be due again within one dispatch before it has to wait for
 * DEADLINE_GAP_US: a machine that asks for "now" for ever must not take the whole processor. */
#define DEADLINE_ROUNDS_MAX 4
#define DEADLINE_GAP_US UDPNAT_MSEC (1)

/* Nobody sleeps through less, and setting the alarm is a system call. */
#define ALARM_FROM_US UDPNAT_SEC (5)

/* Collecting (see udpnat_machine_source_set_collect()) begins when datagrams have woken us so many
 * times in a row; whoever has more to read than this needs no more to collect. */
#define COLLECT_FROM_TIMES 8
#define COLLECT_MAX_DATAGRAMS (2 * UDPNAT_SOCKET_BATCH)

#define N_FDS 2

typedef struct
{
  GSource         source; /* first */
  UdpnatDatagram *batch;  /* UDPNAT_SOCKET_BATCH of them, for receiving, then for sending */
  UdpnatSocketPool *pool; /* (nullable): what the machine numbers itself, once there is any */
  gpointer        pool_tag;
  UdpnatNat64Prefix nat64; /* n_bits 0: IPv4 is IPv4 */
  gboolean        is_woken;    /* or has more to send: dispatch in the next iteration */
  gint64          deadline_us; /* the machine's, as of the last dispatch */
  gint64          now_us;      /* of the last dispatch, maybe one within another */
  gint64          collect_us;  /* 0: every datagram at once */
  gint64          input_us;    /* when there was input last */
  guint           n_inputs;    /* times in a row that it came soon after the one before */
  guint           n_received;  /* datagrams, that time */
  int             alarm_fd;    /* of CLOCK_BOOTTIME; -1: there is none */
  gpointer        alarm_tag;
  gint64          alarm_us;    /* what it is set to */

  /* borrowed */
  UdpnatMachine *machine;
  UdpnatSocket  *sockets[UDPNAT_N_NAMED_SOCKETS]; /* by UdpnatSocketId, nullable */
  UdpnatTunnel  *tunnel; /* nullable */
  gpointer       fd_tags[UDPNAT_N_NAMED_SOCKETS][N_FDS];
  int            fds[UDPNAT_N_NAMED_SOCKETS][N_FDS];
  void         (*events_cb) (gpointer user_data);
  gpointer       user_data;
} MachineSource;

/* ---- In ---- */

static gboolean
has_input (MachineSource *self,
           guint          socket)
{
  gboolean has_any = udpnat_socket_has_input (self->sockets[socket]);

  for (guint i = 0; i < N_FDS; i++)
    {
      GIOCondition condition;

      if (self->fd_tags[socket][i] == NULL)
        continue;
      condition = g_source_query_unix_fd (&self->source, self->fd_tags[socket][i]);
      /* The socket was freed before the source: without this the loop would spin. */
      g_assert ((condition & G_IO_NVAL) == 0);
      if ((condition & (G_IO_ERR | G_IO_HUP)) != 0)
        {
          int code;
          socklen_t n_code = sizeof code;

          /* Reading the pending error clears it; else poll reports it for ever. */
          getsockopt (self->fds[socket][i], SOL_SOCKET, SO_ERROR, &code, &n_code);
        }
      has_any |= condition != 0;
    }
  return has_any;
}

/* At some rate most of what a datagram costs is to be woken by it: so it is waited until there are
 * some. The rest of the main loop waits as well, hence not for long. */
static void
collect (MachineSource *self)
{
  gint64 gap_us = self->now_us - self->input_us;

  self->n_inputs = gap_us < 2 * self->collect_us ? self->n_inputs + 1 : 0;
  if (self->n_inputs >= COLLECT_FROM_TIMES && gap_us < self->collect_us
      && self->n_received < COLLECT_MAX_DATAGRAMS)
    {
      g_usleep ((gulong) (self->collect_us - gap_us));
      self->now_us = udpnat_clock_get_now_us ();
    }
  self->input_us = self->now_us;
  self->n_received = 0;
}

static void
receive (MachineSource *self,
         UdpnatSocketId socket)
{
  for (guint i = 0; i < BATCHES_MAX * UDPNAT_SOCKET_BATCH / HANDED_MAX; i++)
    {
      guint n_received = udpnat_socket_receive_batch (self->sockets[socket],
                                                      self->batch, HANDED_MAX);

      for (guint j = 0; j < n_received; j++)
        self->batch[j].socket = socket;
      udpnat_machine_handle_datagrams (self->machine, self->now_us, self->batch, n_received);
      self->n_received += n_received;
      if (n_received < HANDED_MAX
          || udpnat_clock_get_now_us () - self->now_us > RECEIVE_MAX_US)
        break;
    }
  self->is_woken |= udpnat_socket_has_input (self->sockets[socket]);
}

static void
receive_further (MachineSource *self)
{
  for (guint i = 0; i < BATCHES_MAX; i++)
    {
      guint n_received = udpnat_socket_pool_receive_batch (self->pool, self->batch,
                                                           UDPNAT_SOCKET_BATCH);

      udpnat_machine_handle_datagrams (self->machine, self->now_us, self->batch, n_received);
      if (n_received < UDPNAT_SOCKET_BATCH)
        return;
    }
}

static void
receive_all (MachineSource *self)
{
  gboolean has_any[UDPNAT_N_NAMED_SOCKETS] = { FALSE };
  gboolean is_input = FALSE;

  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    {
      has_any[i] = self->sockets[i] != NULL && has_input (self, i);
      is_input |= has_any[i];
    }
  if (is_input && self->collect_us > 0)
    collect (self);
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    if (has_any[i])
      receive (self, (UdpnatSocketId) i);
  if (self->pool_tag != NULL && g_source_query_unix_fd (&self->source, self->pool_tag) != 0)
    receive_further (self);
}

/* From a source of the tunnel's own, so between two dispatches of ours. */
static UdpnatRxResult
handle_tunnelled (gpointer              sink,
                  const UdpnatDatagram *datagram)
{
  MachineSource *self = sink;

  self->now_us = udpnat_clock_get_now_us ();
  self->is_woken = TRUE;
  return udpnat_machine_handle_datagram (self->machine, self->now_us, datagram);
}

/* ---- Out ---- */

static void
send_further (MachineSource        *self,
              const UdpnatDatagram *datagrams,
              guint                 n_datagrams)
{
  if (self->pool == NULL)
    {
      self->pool = udpnat_socket_pool_new ();
      udpnat_socket_pool_set_nat64 (self->pool, &self->nat64);
      if (udpnat_socket_pool_get_fd (self->pool) >= 0)
        self->pool_tag = g_source_add_unix_fd (&self->source,
                                               udpnat_socket_pool_get_fd (self->pool), G_IO_IN);
    }
  udpnat_socket_pool_send (self->pool, datagrams, n_datagrams);
}

static void
send_by_tunnel (MachineSource        *self,
                const UdpnatDatagram *datagrams,
                guint                 n_datagrams)
{
  for (guint i = 0; i < n_datagrams && self->tunnel != NULL; i++)
    self->tunnel->send (self->tunnel, &datagrams[i]);
}

/* A datagram belongs to one socket; they come in runs, nearly always one. */
static void
send_batch (MachineSource *self,
            guint          n_batch)
{
  guint start = 0;

  while (start < n_batch)
    {
      UdpnatSocketId socket = self->batch[start].socket;
      guint end = start + 1;

      while (end < n_batch && self->batch[end].socket == socket)
        end++;
      /* A machine that does not know of its missing second socket loses these; nobody waits for
       * them. */
      if (socket == UDPNAT_SOCKET_TUNNEL)
        send_by_tunnel (self, self->batch + start, end - start);
      else if (socket >= UDPNAT_SOCKET_FURTHER)
        send_further (self, self->batch + start, end - start);
      else if (self->sockets[socket] != NULL)
        udpnat_socket_send (self->sockets[socket], self->batch + start, end - start);
      start = end;
    }
}

/* Returns %FALSE when it stopped at its limit, with more to send. */
static gboolean
send_outputs (MachineSource *self)
{
  for (guint n_total = 0; n_total < OUTPUTS_MAX; n_total += UDPNAT_SOCKET_BATCH)
    {
      guint n_batch = 0;

      while (n_batch < UDPNAT_SOCKET_BATCH
             && udpnat_machine_pop_output (self->machine, self->now_us,
                                            &self->batch[n_batch]))
        n_batch++;
      send_batch (self, n_batch);
      if (n_batch < UDPNAT_SOCKET_BATCH)
        return TRUE;
    }
  return FALSE;
}

/* ---- When ---- */

static gboolean
is_due (MachineSource *self,
        gint64         now_us)
{
  return self->is_woken || self->deadline_us <= now_us;
}

static void
open_alarm (MachineSource *self)
{
  self->alarm_us = UDPNAT_TIME_NEVER;
  self->alarm_fd = timerfd_create (CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->alarm_fd >= 0)
    self->alarm_tag = g_source_add_unix_fd (&self->source, self->alarm_fd, G_IO_IN);
}

static void
set_alarm (MachineSource *self)
{
  struct itimerspec when = {
    .it_value.tv_sec = self->deadline_us / G_USEC_PER_SEC,
    .it_value.tv_nsec = self->deadline_us % G_USEC_PER_SEC * 1000,
  };

  if (self->alarm_fd < 0 || self->alarm_us == self->deadline_us)
    return;
  self->alarm_us = self->deadline_us;
  timerfd_settime (self->alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Else poll would report it for ever. */
static void
clear_alarm (MachineSource *self)
{
  guint64 n_times;

  if (self->alarm_tag != NULL && g_source_query_unix_fd (&self->source, self->alarm_tag) != 0)
    (void) !read (self->alarm_fd, &n_times, sizeof n_times);
}

static gboolean
prepare (GSource *source,
         int     *out_timeout_ms)
{
  MachineSource *self = (MachineSource *) source;
  const gint64 now_us = udpnat_clock_get_now_us ();

  *out_timeout_ms = -1;
  if (is_due (self, now_us))
    return TRUE;
  /* Rounded up: a millisecond too early would be spent spinning. */
  if (self->deadline_us != UDPNAT_TIME_NEVER)
    *out_timeout_ms = (int) MIN ((self->deadline_us - now_us - 1) / 1000 + 1, G_MAXINT);
  if (self->deadline_us != UDPNAT_TIME_NEVER && self->deadline_us - now_us >= ALARM_FROM_US)
    set_alarm (self);
  return FALSE;
}

/* GLib looks at the descriptors itself. */
static gboolean
check (GSource *source)
{
  return is_due ((MachineSource *) source, udpnat_clock_get_now_us ());
}

/* The owner may run a main loop within its callback, and so this function again. At that point
 * the batch is not in use and the machine not within a call. */
static gboolean
dispatch (GSource    *source,
          GSourceFunc callback,
          gpointer    user_data)
{
  MachineSource *self = (MachineSource *) source;
  gboolean is_all_sent = TRUE;

  self->now_us = udpnat_clock_get_now_us ();
  self->is_woken = FALSE;
  clear_alarm (self);
  receive_all (self);
  for (guint i = 0; i < DEADLINE_ROUNDS_MAX && is_all_sent; i++)
    {
      if (udpnat_machine_next_deadline (self->machine) <= self->now_us)
        udpnat_machine_handle_deadline (self->machine, self->now_us);
      self->events_cb (self->user_data);
      /* The owner may have shut everything down; the machine may be gone. */
      if (g_source_is_destroyed (source))
        return G_SOURCE_REMOVE;
      /* The owner may have called the machine with a later time than ours. */
      self->now_us = udpnat_clock_get_now_us ();
      is_all_sent = send_outputs (self);
      if (udpnat_machine_next_deadline (self->machine) > self->now_us)
        break;
    }

  if (!is_all_sent)
    self->is_woken = TRUE;
  self->deadline_us = udpnat_machine_next_deadline (self->machine);
  if (self->deadline_us <= self->now_us)
    self->deadline_us = self->now_us + DEADLINE_GAP_US;
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  MachineSource *self = (MachineSource *) source;

  if (self->alarm_fd >= 0)
    close (self->alarm_fd);
  g_clear_pointer (&self->pool, udpnat_socket_pool_free);
  g_clear_pointer (&self->batch, g_free);
}

static GSourceFuncs source_funcs = {
  .prepare = prepare,
  .check = check,
  .dispatch = dispatch,
  .finalize = finalize,
};

/**
 * udpnat_machine_source_new:
 * @machine: borrowed; must outlive the source's destruction
 * @sockets: (array length=n_sockets): those with a name, by #UdpnatSocketId; %NULL where the
 *   machine has none. Borrowed, likewise. Those that @machine numbers itself are the source's own.
 * @events_cb: called once or more in each dispatch, also when there is no event; pops events until
 *   there is none, or wakes the source for the others, and may call the machine's API. May destroy
 *   the source.
 *
 * Drives @machine from the main context that the source is attached to. The first iteration looks
 * at everything, so what was asked of the machine before needs no wake.
 *
 * Returns: (transfer full): a source; g_source_attach() it
 */
GSource *
udpnat_machine_source_new (UdpnatMachine *machine,
                           UdpnatSocket  *const *sockets,
                           guint          n_sockets,
                           void (*events_cb) (gpointer user_data),
                           gpointer       user_data)
{
  GSource *source = g_source_new (&source_funcs, sizeof (MachineSource));
  MachineSource *self = (MachineSource *) source;

  g_source_set_static_name (source, "udpnat-machine");
  g_source_set_can_recurse (source, TRUE);
  self->batch = g_new (UdpnatDatagram, UDPNAT_SOCKET_BATCH);
  self->machine = machine;
  self->events_cb = events_cb;
  self->user_data = user_data;

  g_assert (n_sockets <= UDPNAT_N_NAMED_SOCKETS);
  for (guint i = 0; i < n_sockets; i++)
    {
      guint n_fds = 0;

      self->sockets[i] = sockets[i];
      if (self->sockets[i] != NULL)
        {
          n_fds = udpnat_socket_get_fds (self->sockets[i], self->fds[i]);
          udpnat_socket_join_input (self->sockets[i]);
        }
      for (guint j = 0; j < n_fds; j++)
        self->fd_tags[i][j] = g_source_add_unix_fd (source, self->fds[i][j], G_IO_IN);
    }
  open_alarm (self);
  self->is_woken = TRUE;
  self->deadline_us = UDPNAT_TIME_NEVER;
  return source;
}

/**
 * udpnat_machine_source_set_tunnel:
 * @source: made by udpnat_machine_source_new(), and not attached yet
 * @tunnel: borrowed; what is %UDPNAT_SOCKET_TUNNEL. It must not deliver anything after the source
 *   is destroyed
 */
void
udpnat_machine_source_set_tunnel (GSource      *source,
                                  UdpnatTunnel *tunnel)
{
  MachineSource *self = (MachineSource *) source;

  self->tunnel = tunnel;
  tunnel->deliver = handle_tunnelled;
  tunnel->sink = self;
}

/**
 * udpnat_machine_source_set_collect:
 * @source: made by udpnat_machine_source_new()
 * @collect_us: 0 to some milliseconds; 0: as in the beginning
 *
 * For a machine with very many datagrams: when they come one by one, and more often than in
 * @collect_us, it is only looked for them so often, and those that have come meanwhile are handled
 * together. No other source of the main loop has its turn in that time.
 */
void
udpnat_machine_source_set_collect (GSource *source,
                                   gint64   collect_us)
{
  ((MachineSource *) source)->collect_us = collect_us;
}

/**
 * udpnat_machine_source_wake:
 * @source: made by udpnat_machine_source_new()
 *
 * To be called after any call of the machine's own API, and when the system comes back from sleep:
 * in the next iteration of the main loop events are handed over, outputs are sent and the deadline
 * is looked at anew. Costs nothing, however often; may be called from the events callback. Only
 * from the thread that runs the main loop.
 */
void
udpnat_machine_source_wake (GSource *source)
{
  ((MachineSource *) source)->is_woken = TRUE;
}

/**
 * udpnat_machine_source_set_nat64:
 * @source: made by udpnat_machine_source_new()
 * @prefix: (nullable): see udpnat_socket_set_nat64(): for all sockets of the machine
 */
void
udpnat_machine_source_set_nat64 (GSource                 *source,
                                 const UdpnatNat64Prefix *prefix)
{
  MachineSource *self = (MachineSource *) source;

  self->nat64 = prefix != NULL ? *prefix : (UdpnatNat64Prefix) { .n_bits = 0 };
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    if (self->sockets[i] != NULL)
      udpnat_socket_set_nat64 (self->sockets[i], &self->nat64);
  if (self->pool != NULL)
    udpnat_socket_pool_set_nat64 (self->pool, &self->nat64);
}

/**
 * udpnat_machine_source_flush:
 * @source: made by udpnat_machine_source_new()
 *
 * Sends what the machine has queued, now: for a program that is about to leave its main loop. Not
 * from the events callback, which is followed by sending anyway.
 */
void
udpnat_machine_source_flush (GSource *source)
{
  MachineSource *self = (MachineSource *) source;

  self->now_us = udpnat_clock_get_now_us ();
  while (!send_outputs (self))
    ;
}
