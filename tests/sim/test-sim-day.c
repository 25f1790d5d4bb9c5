/* A server for 24 virtual hours, with people who come and go all the time (sim-crowd.h). At the end
 * of each hour all leave; what the program holds of memory then must be what it held the hour
 * before. */

#include "config.h"

#include "sim-chat.h"
#include "sim-crowd.h"

#include <malloc.h>

#define HOURS 24
#define SETTLED_AFTER_HOURS 6
#define N_PEOPLE 16
#define N_NAMES 20 /* which are taken in the first of these hours */
/* Who is lost without a word is gone after UDPNAT_SERVER_SESSION_IDLE_US and the grace. */
#define EMPTY_US UDPNAT_SEC (300)
#define DELAY_US UDPNAT_MSEC (20)
/* What a letter that waits takes besides what is in it. */
#define LETTER_BYTES 300
#define SLACK_BYTES 8192

#ifdef __SANITIZE_ADDRESS__
/* Of <sanitizer/allocator_interface.h>, which not every compiler brings. */
size_t __sanitizer_get_current_allocated_bytes (void);
#endif

typedef struct
{
  SimWorld      *world;
  UdpnatMachine *machine;
} Person;

typedef struct
{
  SimWorld  *world;
  SimServer *server;
  SimCrowd  *crowd;
  SimHost   *hosts[N_PEOPLE];
  Person     people[N_PEOPLE];
} Day;

static gsize
get_allocated_bytes (void)
{
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes ();
#else
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#endif
}

static void
take_events_cb (gpointer user_data)
{
  const Person *person = user_data;

  sim_crowd_take_events (person->machine, sim_world_now (person->world));
}

static void
wake_all (Day *self)
{
  for (guint i = 0; i < N_PEOPLE; i++)
    sim_world_wake (self->hosts[i]);
}

static void
day_init (Day *self)
{
  SimCrowdConfig config = {
    .n_people = N_PEOPLE,
    .pace = 1,
    .n_names = N_NAMES,
    .wall_offset_us = SIM_WALL_OFFSET_US,
  };

  *self = (Day) { .world = sim_world_new (1) };
  sim_world_set_core (self->world, DELAY_US, 6);
  self->server = sim_server_new (self->world, "9.8.7.6");
  sim_server_start (self->server);
  config.random = sim_world_fork_random (self->world, "crowd");
  config.server = sim_host_get_address (self->server->host, UDPNAT_FAMILY_IPV4);
  config.server.port = UDPNAT_SERVER_PORT;
  self->crowd = sim_crowd_new (&config, sim_world_now (self->world));
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      g_autofree char *name = g_strdup_printf ("person-%u", i);
      g_autofree char *ip = g_strdup_printf ("20.0.0.%u", i + 1);

      self->people[i] = (Person) { self->world, sim_crowd_get_machine (self->crowd, i) };
      self->hosts[i] = sim_world_add_host (self->world, name, NULL, ip, NULL, NULL);
      sim_host_attach (self->hosts[i], self->people[i].machine, UDPNAT_CLIENT_PORT, 0,
                       take_events_cb, &self->people[i]);
    }
}

static void
day_clear (Day *self)
{
  for (guint i = 0; i < N_PEOPLE; i++)
    sim_host_detach (self->hosts[i]);
  sim_crowd_free (self->crowd);
  sim_server_free (self->server);
  sim_world_free (self->world);
}

/* What letters take that wait for somebody, here and on the disk of the simulation. */
static gsize
get_letter_bytes (const Day *self)
{
  gsize n_bytes = 0;

  for (guint i = 0; i < self->server->letters->len; i++)
    {
      const SimLetter *letter = g_ptr_array_index (self->server->letters, i);

      n_bytes += g_bytes_get_size (letter->data) + LETTER_BYTES;
    }
  return n_bytes;
}

/* Returns: bytes that the program holds when all have gone, but for those of letters */
static gsize
run_hour (Day  *self,
          guint hour)
{
  UdpnatRendezvousServerStats stats;

  sim_crowd_open (self->crowd, sim_world_now (self->world));
  wake_all (self);
  sim_world_run_for (self->world, UDPNAT_SEC (3600) - EMPTY_US);
  g_assert_cmpuint (sim_crowd_get_count (self->crowd, SIM_CROWD_ONLINE), >, 0);
  sim_crowd_close (self->crowd, sim_world_now (self->world));
  wake_all (self);
  sim_world_run_for (self->world, EMPTY_US);
  udpnat_rendezvous_server_get_stats (self->server->server, &stats);
  g_assert_cmpuint (stats.sessions, ==, 0);
  g_test_message ("hour %u: %" G_GSIZE_FORMAT " bytes, of which letters %" G_GSIZE_FORMAT, hour,
                  get_allocated_bytes (), get_letter_bytes (self));
  return get_allocated_bytes () - get_letter_bytes (self);
}

static void
test_keeps_no_more (void)
{
  gsize settled = 0, last = 0;
  Day day;

  day_init (&day);
  for (guint hour = 1; hour <= HOURS; hour++)
    {
      last = run_hour (&day, hour);
      if (hour == SETTLED_AFTER_HOURS)
        settled = last;
      if (hour > SETTLED_AFTER_HOURS)
        g_assert_cmpuint (last, <=, settled + SLACK_BYTES);
    }
  for (guint i = SIM_CROWD_CAME; i < SIM_CROWD_N_COUNTS; i++)
    {
      g_test_message ("%s: %" G_GUINT64_FORMAT, sim_crowd_get_word (i),
                      sim_crowd_get_count (day.crowd, i));
      g_assert_cmpuint (sim_crowd_get_count (day.crowd, i), >, 0);
    }
  day_clear (&day);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (udpnat_crypto_init ());
  g_test_add_func ("/sim-day/keeps-no-more-than-after-a-quarter", test_keeps_no_more);
  return g_test_run ();
}
