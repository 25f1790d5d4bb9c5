/* UdpnatMachineSource in a real main loop on loopback, with a machine that sends back what it
 * gets. */

#include "config.h"

#include <string.h>

#include "udpnat-clock.h"
#include "udpnat-machine-source.h"

/* How long to wait for something that should come at once: only a failing test waits so long. */
#define PATIENCE_US UDPNAT_SEC (10)
#define QUEUE_MAX 1024

/* ---- The machine ---- */

typedef struct
{
  UdpnatMachine machine; /* first */

  UdpnatDatagram *queue; /* QUEUE_MAX of them, a ring */
  guint           n_in;
  guint           n_out;
  guint           n_left; /* besides, each like the first of the queue */

  gint64   deadline_us;
  gint64   repeat_us; /* 0: once; -1: stays where it is */
  gboolean is_echoing;
  gint64   takes_us; /* for each datagram */

  guint          n_datagrams;
  guint          n_batches;
  guint          n_deadlines;
  gint64         last_deadline_us; /* when handle_deadline was called */
  UdpnatSocketId last_socket;
  guint          n_events; /* waiting */
  gint64         now_us;
} Echo;

static void
echo_note_time (Echo  *self,
                gint64 now_us)
{
  g_assert_cmpint (now_us, >=, self->now_us);
  self->now_us = now_us;
}

static UdpnatRxResult
echo_handle_datagram (UdpnatMachine        *machine,
                      gint64                now_us,
                      const UdpnatDatagram *datagram)
{
  Echo *self = (Echo *) machine;

  gint64 end_us = udpnat_clock_get_now_us () + self->takes_us;

  echo_note_time (self, now_us);
  while (self->takes_us > 0 && udpnat_clock_get_now_us () < end_us)
    ;
  self->n_datagrams++;
  self->n_events++;
  self->last_socket = datagram->socket;
  if (self->is_echoing && self->n_in - self->n_out < QUEUE_MAX)
    self->queue[self->n_in++ % QUEUE_MAX] = *datagram;
  return UDPNAT_RX_OK;
}

static void
echo_handle_datagrams (UdpnatMachine        *machine,
                       gint64                now_us,
                       const UdpnatDatagram *datagrams,
                       guint                 n_datagrams)
{
  ((Echo *) machine)->n_batches++;
  for (guint i = 0; i < n_datagrams; i++)
    (void) echo_handle_datagram (machine, now_us, &datagrams[i]);
}

static gint64
echo_next_deadline (const UdpnatMachine *machine)
{
  return ((const Echo *) machine)->deadline_us;
}

static void
echo_handle_deadline (UdpnatMachine *machine,
                      gint64         now_us)
{
  Echo *self = (Echo *) machine;

  g_assert_cmpint (now_us, >=, self->deadline_us);
  echo_note_time (self, now_us);
  self->n_deadlines++;
  self->last_deadline_us = now_us;
  if (self->repeat_us == 0)
    self->deadline_us = UDPNAT_TIME_NEVER;
  else if (self->repeat_us > 0)
    self->deadline_us = now_us + self->repeat_us;
}

static gboolean
echo_pop_output (UdpnatMachine  *machine,
                 gint64          now_us,
                 UdpnatDatagram *out_datagram)
{
  Echo *self = (Echo *) machine;

  echo_note_time (self, now_us);
  if (self->n_out < self->n_in)
    *out_datagram = self->queue[self->n_out++ % QUEUE_MAX];
  else if (self->n_left > 0)
    {
      self->n_left--;
      *out_datagram = self->queue[0];
    }
  else
    return FALSE;
  return TRUE;
}

static UdpnatEvent *
echo_pop_event (UdpnatMachine *machine)
{
  return NULL;
}

static const UdpnatMachineClass echo_class = {
  .handle_datagram = echo_handle_datagram,
  .next_deadline = echo_next_deadline,
  .handle_deadline = echo_handle_deadline,
  .pop_output = echo_pop_output,
  .pop_event = echo_pop_event,
};

static const UdpnatMachineClass batch_class = {
  .handle_datagram = echo_handle_datagram,
  .handle_datagrams = echo_handle_datagrams,
  .next_deadline = echo_next_deadline,
  .handle_deadline = echo_handle_deadline,
  .pop_output = echo_pop_output,
  .pop_event = echo_pop_event,
};

/* ---- The fixture ---- */

typedef struct
{
  Echo          echo;
  UdpnatSocket *main_socket;
  UdpnatSocket *alt_socket;
  UdpnatSocket *stranger;
  GMainContext *context;
  GSource      *source;
  guint         n_dispatches;
  guint         n_events_taken;
  gboolean      should_wake;
  gboolean      should_destroy;
  gboolean      should_nest;
} Fixture;

static void
events_cb (gpointer user_data)
{
  Fixture *self = user_data;

  self->n_dispatches++;
  self->n_events_taken += self->echo.n_events;
  self->echo.n_events = 0;
  if (self->should_wake)
    {
      self->should_wake = FALSE;
      udpnat_machine_source_wake (self->source);
    }
  if (self->should_nest)
    {
      self->should_nest = FALSE;
      while (g_main_context_iteration (self->context, FALSE))
        ;
    }
  if (self->should_destroy)
    g_source_destroy (self->source);
}

static void
iterate (Fixture *self)
{
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

static void
set_up (Fixture      *self,
        gconstpointer with_alt)
{
  UdpnatSocket *sockets[UDPNAT_N_NAMED_SOCKETS] = { NULL };

  self->echo.machine.klass = &echo_class;
  self->echo.queue = g_new0 (UdpnatDatagram, QUEUE_MAX);
  self->echo.deadline_us = UDPNAT_TIME_NEVER;
  self->echo.is_echoing = TRUE;
  self->main_socket = udpnat_socket_new ("127.0.0.1", 0, 0, NULL);
  self->alt_socket = with_alt != NULL ? udpnat_socket_new ("127.0.0.1", 0, 0, NULL) : NULL;
  self->stranger = udpnat_socket_new ("127.0.0.1", 0, 0, NULL);
  self->context = g_main_context_new ();
  sockets[UDPNAT_SOCKET_MAIN] = self->main_socket;
  sockets[UDPNAT_SOCKET_ALT] = self->alt_socket;
  self->source = udpnat_machine_source_new (&self->echo.machine, sockets, G_N_ELEMENTS (sockets),
                                            events_cb, self);
  g_source_attach (self->source, self->context);
  iterate (self);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
  self->n_dispatches = 0;
}

static void
tear_down (Fixture      *self,
           gconstpointer with_alt)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_main_context_unref (self->context);
  udpnat_socket_free (self->main_socket);
  udpnat_socket_free (self->alt_socket);
  udpnat_socket_free (self->stranger);
  g_free (self->echo.queue);
}

static gboolean
stop_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Blocks as a program does, for so long in real time. */
static void
run_for (Fixture *self,
         guint    msec)
{
  GSource *timer = g_timeout_source_new (msec);
  gboolean is_over = FALSE;

  g_source_set_callback (timer, stop_cb, &is_over, NULL);
  g_source_attach (timer, self->context);
  while (!is_over)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (timer);
  g_source_unref (timer);
}

static void
fill_for (UdpnatDatagram     *out_datagram,
          const UdpnatSocket *target,
          guint8              value)
{
  if (!udpnat_address_parse_ip (&out_datagram->remote, "127.0.0.1",
                                udpnat_socket_get_port (target)))
    g_assert_not_reached ();
  out_datagram->socket = UDPNAT_SOCKET_MAIN;
  out_datagram->ttl = 0;
  out_datagram->n_data = 1;
  out_datagram->data[0] = value;
}

static void
send_from_stranger (Fixture            *self,
                    const UdpnatSocket *target,
                    guint               n_datagrams)
{
  g_autofree UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  for (guint i = 0; i < n_datagrams; i++)
    {
      fill_for (datagram, target, i);
      udpnat_socket_send (self->stranger, datagram, 1);
    }
}

static guint
receive_at_stranger (Fixture        *self,
                     UdpnatDatagram *out_datagrams,
                     guint           n_max)
{
  guint n_total = 0;
  guint n_received;

  do
    {
      n_received = udpnat_socket_receive_batch (self->stranger, out_datagrams + n_total,
                                                n_max - n_total);
      n_total += n_received;
    }
  while (n_received > 0 && n_total < n_max);
  return n_total;
}

static void
queue_output (Fixture       *self,
              UdpnatSocketId socket)
{
  UdpnatDatagram *datagram = &self->echo.queue[self->echo.n_in++ % QUEUE_MAX];

  fill_for (datagram, self->stranger, 0x33);
  datagram->socket = socket;
}

/* ---- Datagrams ---- */

static void
test_datagram_comes_back (Fixture      *self,
                          gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  send_from_stranger (self, self->main_socket, 2);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 2);
  g_assert_cmpuint (self->n_events_taken, ==, 2);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 2);
  g_assert_cmpuint (received[1].data[0], ==, 1);
  g_assert_cmpuint (received[0].remote.port, ==, udpnat_socket_get_port (self->main_socket));
}

static void
test_batch_as_a_whole (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  self->echo.machine.klass = &batch_class;
  send_from_stranger (self, self->main_socket, 3);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 3);
  g_assert_cmpuint (self->echo.n_batches, ==, 1);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 3);
}

static void
test_flood_is_shared_out (Fixture      *self,
                          gconstpointer unused)
{
  const guint n_sent = 6 * UDPNAT_SOCKET_BATCH + 5;
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, n_sent + 1);

  /* The receive buffer may be small here (net.core.rmem_max): what fits is what counts. */
  send_from_stranger (self, self->main_socket, n_sent);
  g_main_context_iteration (self->context, FALSE);
  g_assert_cmpuint (self->echo.n_datagrams, <=, 4 * UDPNAT_SOCKET_BATCH);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, >, UDPNAT_SOCKET_BATCH);
  g_assert_cmpuint (self->echo.n_datagrams,
                    ==, udpnat_socket_get_stats (self->main_socket).received);
  g_assert_cmpuint (receive_at_stranger (self, received, n_sent + 1), >, UDPNAT_SOCKET_BATCH);
}

/* As handshakes do: what else the main loop has to do does not wait for all of them. */
static void
test_slow_ones (Fixture      *self,
                gconstpointer unused)
{
  const guint n_sent = 40;
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, n_sent + 1);
  guint n_first;

  self->echo.takes_us = UDPNAT_MSEC (2);
  send_from_stranger (self, self->main_socket, n_sent);
  g_main_context_iteration (self->context, FALSE);
  n_first = self->echo.n_datagrams;
  g_assert_cmpuint (n_first, >=, 5);
  g_assert_cmpuint (n_first, <=, n_sent / 2);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, n_sent);
  g_assert_cmpuint (receive_at_stranger (self, received, n_sent + 1), ==, n_sent);
}

/* One after the other, each when the one before has been answered: how long all of them took. */
static gint64
play_ball (Fixture *self,
           guint    n_times)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 2);
  gint64 started_us = udpnat_clock_get_now_us ();

  for (guint i = 0; i < n_times; i++)
    {
      send_from_stranger (self, self->main_socket, 1);
      while (receive_at_stranger (self, received, 2) == 0)
        {
          g_assert_cmpint (udpnat_clock_get_now_us (), <, started_us + PATIENCE_US);
          g_main_context_iteration (self->context, FALSE);
        }
    }
  return udpnat_clock_get_now_us () - started_us;
}

/* What comes quickly, one by one, is looked for only so often; nothing is lost by it. */
static void
test_collected (Fixture      *self,
                gconstpointer unused)
{
  const gint64 collect_us = UDPNAT_MSEC (20);
  const guint n_sent = 3 * UDPNAT_SOCKET_BATCH;
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, n_sent + 1);

  udpnat_machine_source_set_collect (self->source, collect_us);
  g_assert_cmpint (play_ball (self, 30), >=, 20 * collect_us);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 30);
  /* A flood is not waited for. */
  send_from_stranger (self, self->main_socket, n_sent);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams,
                    ==, udpnat_socket_get_stats (self->main_socket).received);
  g_assert_cmpuint (receive_at_stranger (self, received, n_sent + 1), ==,
                    self->echo.n_datagrams - 30);
}

static void
test_alt_socket (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  send_from_stranger (self, self->alt_socket, 1);
  iterate (self);
  g_assert_cmpint (self->echo.last_socket, ==, UDPNAT_SOCKET_ALT);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 1);
  g_assert_cmpuint (received[0].remote.port, ==, udpnat_socket_get_port (self->alt_socket));
}

static void
test_outputs_leave_by_their_socket (Fixture      *self,
                                    gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);
  const guint16 main_port = udpnat_socket_get_port (self->main_socket);
  const guint16 alt_port = udpnat_socket_get_port (self->alt_socket);

  queue_output (self, UDPNAT_SOCKET_MAIN);
  queue_output (self, UDPNAT_SOCKET_ALT);
  queue_output (self, UDPNAT_SOCKET_MAIN);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 3);
  g_assert_cmpuint (received[0].remote.port, ==, main_port);
  g_assert_cmpuint (received[1].remote.port, ==, alt_port);
  g_assert_cmpuint (received[2].remote.port, ==, main_port);
}

static void
test_output_for_missing_socket_is_lost (Fixture      *self,
                                        gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  queue_output (self, UDPNAT_SOCKET_ALT);
  queue_output (self, UDPNAT_SOCKET_MAIN);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 1);
}

/* The machine numbers it; it opens with what is sent, hears the answer, and closes again. */
static void
test_further_socket (Fixture      *self,
                     gconstpointer unused)
{
  const UdpnatSocketId id = UDPNAT_SOCKET_FURTHER + 5;
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  self->echo.is_echoing = FALSE;
  queue_output (self, UDPNAT_SOCKET_MAIN);
  queue_output (self, id);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 2);
  g_assert_cmpuint (received[0].remote.port, ==, udpnat_socket_get_port (self->main_socket));
  g_assert_cmpuint (received[1].remote.port, !=, received[0].remote.port);

  udpnat_socket_send (self->stranger, &received[1], 1);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 1);
  g_assert_cmpuint (self->echo.last_socket, ==, id);

  queue_output (self, id);
  self->echo.queue[(self->echo.n_in - 1) % QUEUE_MAX].n_data = 0;
  udpnat_machine_source_wake (self->source);
  iterate (self);
  udpnat_socket_send (self->stranger, &received[1], 1);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 1);
}

/* ---- Wake and flush ---- */

static void
test_wake_sends_outputs (Fixture      *self,
                         gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 1);

  queue_output (self, UDPNAT_SOCKET_MAIN);
  iterate (self);
  g_assert_cmpuint (receive_at_stranger (self, received, 1), ==, 0);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (receive_at_stranger (self, received, 1), ==, 1);
}

static void
test_wakes_add_up_to_one_dispatch (Fixture      *self,
                                   gconstpointer unused)
{
  for (guint i = 0; i < 100; i++)
    udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->n_dispatches, ==, 2);
}

static void
test_wake_within_events_comes_again (Fixture      *self,
                                     gconstpointer unused)
{
  self->should_wake = TRUE;
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->n_dispatches, ==, 2);
}

static void
test_flush_sends_without_loop (Fixture      *self,
                               gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 1);

  queue_output (self, UDPNAT_SOCKET_MAIN);
  udpnat_machine_source_flush (self->source);
  g_assert_cmpuint (self->n_dispatches, ==, 0);
  g_assert_cmpuint (receive_at_stranger (self, received, 1), ==, 1);
}

static void
test_destroy_within_events (Fixture      *self,
                            gconstpointer unused)
{
  self->should_destroy = TRUE;
  queue_output (self, UDPNAT_SOCKET_MAIN);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_true (g_source_is_destroyed (self->source));
  /* The machine was not touched after that, and a late wake is harmless. */
  g_assert_cmpuint (self->echo.n_out, ==, 0);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
}

static void
test_loop_within_events (Fixture      *self,
                         gconstpointer unused)
{
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 4);

  self->should_nest = TRUE;
  send_from_stranger (self, self->main_socket, 1);
  g_main_context_iteration (self->context, FALSE);
  self->should_nest = TRUE;
  udpnat_machine_source_wake (self->source);
  send_from_stranger (self, self->main_socket, 1);
  iterate (self);
  g_assert_cmpuint (self->echo.n_datagrams, ==, 2);
  g_assert_cmpuint (self->n_events_taken, ==, 2);
  g_assert_cmpuint (receive_at_stranger (self, received, 4), ==, 2);
}

/* ---- Deadlines ---- */

static void
test_deadline_is_met (Fixture      *self,
                      gconstpointer unused)
{
  const gint64 deadline_us = udpnat_clock_get_now_us () + UDPNAT_MSEC (60);

  self->echo.deadline_us = deadline_us;
  udpnat_machine_source_wake (self->source);
  while (self->echo.n_deadlines == 0 && udpnat_clock_get_now_us () < deadline_us + PATIENCE_US)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (self->echo.n_deadlines, ==, 1);
  g_assert_cmpint (self->echo.last_deadline_us, >=, deadline_us);
  /* The wake, the deadline, and at most one that came a moment too early. */
  g_assert_cmpuint (self->n_dispatches, >=, 2);
  g_assert_cmpuint (self->n_dispatches, <=, 3);
}

static void
test_missed_deadline_is_made_up (Fixture      *self,
                                 gconstpointer unused)
{
  /* As after an hour of sleep. */
  self->echo.deadline_us = udpnat_clock_get_now_us () - UDPNAT_SEC (3600);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->echo.n_deadlines, ==, 1);
  g_assert_cmpint (self->echo.deadline_us, ==, UDPNAT_TIME_NEVER);
}

static void
test_deadline_far_away (Fixture      *self,
                        gconstpointer unused)
{
  self->echo.deadline_us = UDPNAT_TIME_NEVER - 1;
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->echo.n_deadlines, ==, 0);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
}

static void
test_deadline_can_move_closer (Fixture      *self,
                               gconstpointer unused)
{
  const gint64 start_us = udpnat_clock_get_now_us ();

  self->echo.deadline_us = start_us + UDPNAT_SEC (3600);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  self->echo.deadline_us = start_us + UDPNAT_MSEC (20);
  udpnat_machine_source_wake (self->source);
  while (self->echo.n_deadlines == 0 && udpnat_clock_get_now_us () < start_us + PATIENCE_US)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (self->echo.n_deadlines, ==, 1);
}

/* What is left to wait on the alarm of CLOCK_BOOTTIME (7), as the kernel says; -1: there is none */
static gint64
read_alarm (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fdinfo", 0, NULL);
  const char *name;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fdinfo", name, NULL);
      g_autofree char *text = NULL;
      const char *value;
      gint64 seconds;

      if (!g_file_get_contents (path, &text, NULL, NULL) || strstr (text, "clockid: 7") == NULL ||
          (value = strstr (text, "it_value: (")) == NULL)
        continue;
      seconds = g_ascii_strtoll (value + strlen ("it_value: ("), NULL, 10);
      if (seconds > 0)
        return UDPNAT_SEC (seconds);
    }
  return -1;
}

/* poll() does not count sleep; the alarm does. For what is near none is set. */
static void
test_alarm_for_what_is_far (Fixture      *self,
                            gconstpointer unused)
{
  self->echo.deadline_us = udpnat_clock_get_now_us () + UDPNAT_SEC (4);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpint (read_alarm (), ==, -1);
  self->echo.deadline_us = udpnat_clock_get_now_us () + UDPNAT_SEC (3600);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpint (read_alarm (), >=, UDPNAT_SEC (3590));
  g_assert_cmpint (read_alarm (), <=, UDPNAT_SEC (3600));
}

static void
test_alarm_rings_once (Fixture      *self,
                       gconstpointer unused)
{
  self->echo.deadline_us = udpnat_clock_get_now_us () + UDPNAT_MSEC (5100);
  udpnat_machine_source_wake (self->source);
  iterate (self);
  self->echo.deadline_us = UDPNAT_TIME_NEVER; /* and the alarm stays */
  udpnat_machine_source_wake (self->source);
  iterate (self);
  self->n_dispatches = 0;
  run_for (self, 5500);
  g_assert_cmpuint (self->n_dispatches, ==, 1);
  g_assert_cmpuint (self->echo.n_deadlines, ==, 0);
}

static void
test_idle_has_no_wakeups (Fixture      *self,
                          gconstpointer unused)
{
  run_for (self, 100);
  g_assert_cmpuint (self->n_dispatches, ==, 0);
}

static void
test_repeated_deadline_costs_one_dispatch_each (Fixture      *self,
                                                gconstpointer unused)
{
  self->echo.deadline_us = udpnat_clock_get_now_us ();
  self->echo.repeat_us = UDPNAT_MSEC (10);
  udpnat_machine_source_wake (self->source);
  run_for (self, 200);
  g_assert_cmpuint (self->echo.n_deadlines, >=, 2);
  g_assert_cmpuint (self->echo.n_deadlines, <=, 21);
  g_assert_cmpuint (self->n_dispatches, <=, 2 * self->echo.n_deadlines + 1);
}

static void
test_stuck_deadline_does_not_spin (Fixture      *self,
                                   gconstpointer unused)
{
  guint n_iterations = 0;
  gint64 end_us = g_get_monotonic_time () + UDPNAT_MSEC (100);

  self->echo.deadline_us = udpnat_clock_get_now_us ();
  self->echo.repeat_us = -1;
  udpnat_machine_source_wake (self->source);
  for (; g_get_monotonic_time () < end_us; n_iterations++)
    g_main_context_iteration (self->context, TRUE);
  /* A pause of a millisecond after each dispatch; without it this would be tens of thousands. */
  g_assert_cmpuint (n_iterations, >=, 2);
  g_assert_cmpuint (n_iterations, <=, 110);
}

/* One turn of the loop sends so many at most: the rest goes in the next, and waits for nothing. */
static void
test_more_than_one_turn_sends (Fixture      *self,
                               gconstpointer with_alt)
{
  fill_for (&self->echo.queue[0], self->stranger, 1);
  self->echo.n_left = 5000;
  udpnat_machine_source_wake (self->source);
  iterate (self);
  g_assert_cmpuint (self->echo.n_left, ==, 0);
  g_assert_cmpuint (self->n_dispatches, >, 1);
}

#define ADD(path, with_alt, function) \
  g_test_add ("/io-machine-source/" path, Fixture, with_alt, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("datagram/comes-back", NULL, test_datagram_comes_back);
  ADD ("datagram/batch-as-a-whole", NULL, test_batch_as_a_whole);
  ADD ("datagram/flood-is-shared-out", NULL, test_flood_is_shared_out);
  ADD ("datagram/slow-ones-are-shared-out", NULL, test_slow_ones);
  ADD ("datagram/collected", NULL, test_collected);
  ADD ("datagram/alt-socket", "alt", test_alt_socket);
  ADD ("output/leaves-by-its-socket", "alt", test_outputs_leave_by_their_socket);
  ADD ("output/for-missing-socket-is-lost", NULL, test_output_for_missing_socket_is_lost);
  ADD ("output/more-than-one-turn-sends", NULL, test_more_than_one_turn_sends);
  ADD ("output/opens-further-sockets", NULL, test_further_socket);
  ADD ("wake/sends-outputs", NULL, test_wake_sends_outputs);
  ADD ("wake/add-up-to-one-dispatch", NULL, test_wakes_add_up_to_one_dispatch);
  ADD ("wake/within-events-comes-again", NULL, test_wake_within_events_comes_again);
  ADD ("flush/sends-without-loop", NULL, test_flush_sends_without_loop);
  ADD ("destroy/within-events", NULL, test_destroy_within_events);
  ADD ("recursion/loop-within-events", NULL, test_loop_within_events);
  ADD ("deadline/is-met", NULL, test_deadline_is_met);
  ADD ("deadline/missed-is-made-up", NULL, test_missed_deadline_is_made_up);
  ADD ("deadline/far-away", NULL, test_deadline_far_away);
  ADD ("deadline/can-move-closer", NULL, test_deadline_can_move_closer);
  ADD ("deadline/alarm-for-what-is-far", NULL, test_alarm_for_what_is_far);
  ADD ("deadline/alarm-rings-once", NULL, test_alarm_rings_once);
  ADD ("idle/has-no-wakeups", NULL, test_idle_has_no_wakeups);
  ADD ("idle/repeated-deadline-costs-one-dispatch-each", NULL,
       test_repeated_deadline_costs_one_dispatch_each);
  ADD ("idle/stuck-deadline-does-not-spin", NULL, test_stuck_deadline_does_not_spin);

  return g_test_run ();
}
