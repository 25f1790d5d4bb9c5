/* The people of ./dev soak (sim-crowd.h), each with an address of its own in 127.0.0.0/8.
 *
 *   server-soak PORT N-PEOPLE PACE NAMES
 *
 * PACE: how much faster than people everything happens. NAMES: how many new ones are claimed
 * besides the first one of each. A line of standard input is answered by one of counts: "word
 * number word number …". Ends with the input. */

#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "load-socket.h"
#include "sim-crowd.h"

#include "udpnat-clock.h"
#include "udpnat-heap.h"
#include "udpnat-identity.h"
#include "udpnat-time.h"

typedef struct
{
  LoadSocket      socket;
  SimCrowdConfig  config;
  SimCrowd       *crowd;
  UdpnatHeap     *timers;
  UdpnatHeapItem *dues; /* of each person; owns nothing */
  gint64          now_us;
} Soak;

/* 127.1.0.1, 127.1.0.2, … */
static guint32
get_source (guint person)
{
  return 0x7f010001u + person;
}

static void
serve (Soak *self,
       guint i)
{
  UdpnatMachine *person = sim_crowd_get_machine (self->crowd, i);
  UdpnatDatagram datagram;

  sim_crowd_take_events (person, self->now_us);
  while (udpnat_machine_pop_output (person, self->now_us, &datagram))
    if (udpnat_address_equal (&datagram.remote, &self->config.server))
      load_socket_put (&self->socket, get_source (i), datagram.data, datagram.n_data);
  udpnat_heap_set (self->timers, &self->dues[i], udpnat_machine_next_deadline (person));
}

static void
take_datagram (gpointer user_data,
               guint32  to,
               guint8  *data,
               gsize    n_data)
{
  Soak *self = user_data;
  guint i = to - get_source (0);
  UdpnatDatagram datagram = { .socket = UDPNAT_SOCKET_MAIN, .remote = self->config.server };

  if (i >= self->config.n_people || n_data > sizeof datagram.data)
    return;
  datagram.n_data = n_data;
  memcpy (datagram.data, data, n_data);
  (void) udpnat_machine_handle_datagram (sim_crowd_get_machine (self->crowd, i), self->now_us,
                                         &datagram);
  serve (self, i);
}

static void
read_clock (gpointer user_data)
{
  ((Soak *) user_data)->now_us = udpnat_clock_get_now_us ();
}

static void
handle_due (Soak *self)
{
  const UdpnatHeapItem *first;

  while ((first = udpnat_heap_peek (self->timers)) != NULL && first->deadline_us <= self->now_us)
    {
      guint i = (guint) (first - self->dues);

      udpnat_machine_handle_deadline (sim_crowd_get_machine (self->crowd, i), self->now_us);
      serve (self, i);
    }
  load_socket_flush (&self->socket);
}

static void
tell_counts (Soak *self)
{
  for (guint i = 0; i < SIM_CROWD_N_COUNTS; i++)
    printf ("%s%s %" G_GUINT64_FORMAT, i > 0 ? " " : "", sim_crowd_get_word (i),
            sim_crowd_get_count (self->crowd, i));
  putchar ('\n');
  fflush (stdout);
}

/* Returns: %FALSE at the end of the input */
static gboolean
wait_for_something (Soak *self)
{
  const UdpnatHeapItem *first = udpnat_heap_peek (self->timers);
  gint64 wait_us = first != NULL ? first->deadline_us - self->now_us : UDPNAT_SEC (1);
  struct pollfd fds[] = { { self->socket.fd, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
  char line[64];

  (void) poll (fds, G_N_ELEMENTS (fds), (int) (CLAMP (wait_us, 0, UDPNAT_SEC (1)) / 1000) + 1);
  if (fds[1].revents == 0)
    return TRUE;
  if (read (STDIN_FILENO, line, sizeof line) <= 0)
    return FALSE;
  tell_counts (self);
  return TRUE;
}

static void
start (Soak *self)
{
  self->now_us = udpnat_clock_get_now_us ();
  self->config.wall_offset_us = udpnat_clock_get_wall_us () - self->now_us;
  self->crowd = sim_crowd_new (&self->config, self->now_us);
  self->timers = udpnat_heap_new ();
  self->dues = g_new0 (UdpnatHeapItem, self->config.n_people);
  for (guint i = 0; i < self->config.n_people; i++)
    serve (self, i);
}

int
main (int    argc,
      char **argv)
{
  static Soak soak;
  const guint8 loopback[4] = { 127, 0, 0, 1 };

  if (argc != 5)
    {
      fprintf (stderr, "usage: server-soak PORT N-PEOPLE PACE NAMES\n");
      return 2;
    }
  if (!udpnat_crypto_init ())
    g_error ("libsodium does not work");
  soak.config.random = bench_random ();
  soak.config.n_people = (guint) atoi (argv[2]);
  soak.config.pace = atof (argv[3]);
  soak.config.n_names = (guint) atoi (argv[4]);
  udpnat_address_init_ipv4 (&soak.config.server, loopback, (guint16) atoi (argv[1]));
  load_socket_open (&soak.socket, (guint16) atoi (argv[1]));
  start (&soak);
  do
    {
      while (load_socket_receive (&soak.socket, read_clock, take_datagram, &soak) > 0)
        ;
      handle_due (&soak);
    }
  while (wait_for_something (&soak));
  return 0;
}
