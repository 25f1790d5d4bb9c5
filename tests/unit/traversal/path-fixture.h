#pragma once

/* One path set in virtual time, for the tests of this folder: fixed random numbers, documentation
 * addresses, and a log of what the set wanted sent and when. Time starts at 1,000 s so that a
 * forgotten zero shows. */

#include "udpnat-limits.h"
#include "udpnat-path-set.h"

#define T0 UDPNAT_SEC (1000)
#define MS(n) (T0 + UDPNAT_MSEC (n))

typedef struct
{
  gint64           at_us;
  UdpnatPathOutput output;
} Sent;

typedef struct
{
  guint64        random_state;
  UdpnatPathSet *set;
  gint64         now_us;
  GArray        *sent; /* of Sent */
  guint          n_selected_events;
  guint          n_reason_events;
} Fixture;

static inline void
fill_random (gpointer user_data,
             guint8  *out,
             gsize    n_out)
{
  guint64 *state = user_data;

  /* splitmix64 */
  for (gsize i = 0; i < n_out; i++)
    {
      guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

      z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      out[i] = (guint8) (z >> 56);
    }
}

static inline UdpnatAddress
at (const char *ip,
    guint16     port)
{
  UdpnatAddress address;
  gboolean is_parsed = udpnat_address_parse_ip (&address, ip, port);

  g_assert_true (is_parsed);
  return address;
}

static inline void
fixture_set_up (Fixture       *f,
                gconstpointer  data)
{
  UdpnatRandom random = { fill_random, &f->random_state };

  f->random_state = 1;
  f->set = udpnat_path_set_new (&random);
  f->sent = g_array_new (FALSE, FALSE, sizeof (Sent));
  f->now_us = T0;
}

static inline void
fixture_tear_down (Fixture       *f,
                   gconstpointer  data)
{
  udpnat_path_set_free (f->set);
  g_array_unref (f->sent);
}

/* Pops everything. */
static inline void
drain (Fixture *f)
{
  UdpnatPathEventType event;
  Sent sent = { .at_us = f->now_us };

  while (udpnat_path_set_pop_output (f->set, f->now_us, &sent.output))
    g_array_append_val (f->sent, sent);
  while (udpnat_path_set_pop_event (f->set, &event))
    {
      if (event == UDPNAT_PATH_EVENT_SELECTED)
        f->n_selected_events++;
      else
        f->n_reason_events++;
    }
}

/* Serves every deadline up to and including @until_us, and ends there. */
static inline void
run_until (Fixture *f,
           gint64   until_us)
{
  drain (f);
  while (udpnat_path_set_next_deadline (f->set) <= until_us)
    {
      f->now_us = MAX (f->now_us, udpnat_path_set_next_deadline (f->set));
      udpnat_path_set_handle_deadline (f->set, f->now_us);
      drain (f);
      g_assert_cmpint (udpnat_path_set_next_deadline (f->set), >, f->now_us);
    }
  f->now_us = until_us;
}

static inline void
clear_log (Fixture *f)
{
  drain (f);
  g_array_set_size (f->sent, 0);
  f->n_selected_events = 0;
  f->n_reason_events = 0;
}

static inline const Sent *
get_sent (Fixture *f,
          guint    index)
{
  g_assert_cmpuint (index, <, f->sent->len);
  return &g_array_index (f->sent, Sent, index);
}

static inline guint
count_sent_to (Fixture              *f,
               const UdpnatAddress  *to,
               UdpnatPathOutputType  type)
{
  guint n = 0;

  for (guint i = 0; i < f->sent->len; i++)
    if (get_sent (f, i)->output.type == type
        && udpnat_address_equal (&get_sent (f, i)->output.to, to))
      n++;

  return n;
}

static inline const Sent *
find_challenge (Fixture             *f,
                const UdpnatAddress *to)
{
  const Sent *found = NULL;

  for (guint i = 0; i < f->sent->len; i++)
    if (get_sent (f, i)->output.type == UDPNAT_PATH_OUTPUT_CHALLENGE
        && udpnat_address_equal (&get_sent (f, i)->output.to, to))
      found = get_sent (f, i);

  g_assert_nonnull (found);
  return found;
}

/* The token of the last challenge that went to @to. */
static inline guint64
last_token (Fixture             *f,
            const UdpnatAddress *to)
{
  return find_challenge (f, to)->output.token;
}

static inline void
respond (Fixture             *f,
         const UdpnatAddress *from,
         guint64              token)
{
  UdpnatAddress observed = at ("198.51.100.77", 40000);

  udpnat_path_set_handle_response (f->set, f->now_us, UDPNAT_SOCKET_MAIN, from, token, &observed);
  drain (f);
}

static inline void
answer_last (Fixture             *f,
             const UdpnatAddress *from)
{
  respond (f, from, last_token (f, from));
}

static inline void
challenge (Fixture             *f,
           const UdpnatAddress *from)
{
  udpnat_path_set_handle_challenge (f->set, f->now_us, UDPNAT_SOCKET_MAIN, from, 4711);
  drain (f);
}

static inline UdpnatCandidates
make_candidates (guint32              generation,
                 const UdpnatAddress *addresses,
                 guint                n_addresses)
{
  UdpnatCandidates candidates = { .generation = generation, .n_candidates = n_addresses };

  for (guint i = 0; i < n_addresses; i++)
    candidates.candidates[i] = (UdpnatCandidate) { UDPNAT_CANDIDATE_REFLEXIVE, addresses[i] };

  return candidates;
}

static inline UdpnatRxResult
give (Fixture             *f,
      guint32              generation,
      const UdpnatAddress *addresses,
      guint                n_addresses)
{
  UdpnatCandidates candidates = make_candidates (generation, addresses, n_addresses);
  UdpnatRxResult result = udpnat_path_set_handle_candidates (f->set, f->now_us, &candidates);

  drain (f);
  return result;
}

static inline void
give_mapping (Fixture       *f,
              guint32        generation,
              UdpnatAddress  address,
              guint8         remote_mapping)
{
  UdpnatCandidates candidates = make_candidates (generation, &address, 1);

  candidates.mapping = remote_mapping;
  g_assert_cmpint (udpnat_path_set_handle_candidates (f->set, f->now_us, &candidates), ==,
                   UDPNAT_RX_OK);
  drain (f);
}

static inline void
set_local_mapping (Fixture *f,
                   guint8   mapping)
{
  UdpnatCandidates local = { .mapping = mapping };

  udpnat_path_set_set_local (f->set, &local);
  drain (f);
}

/* Makes @address a proven path with round trip @rtt_us, by challenge and response; ends at the
 * answer. */
static inline void
prove (Fixture             *f,
       const UdpnatAddress *address,
       gint64               rtt_us)
{
  gint64 start_us = f->now_us;

  challenge (f, address);
  run_until (f, start_us + rtt_us);
  for (guint i = 0; i < f->sent->len; i++)
    {
      const Sent *sent = get_sent (f, i);

      if (sent->output.type == UDPNAT_PATH_OUTPUT_CHALLENGE
          && sent->at_us == start_us
          && udpnat_address_equal (&sent->output.to, address))
        {
          respond (f, address, sent->output.token);
          break;
        }
    }
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, address));
}

#define assert_selected(f, expected)                                                            \
  G_STMT_START                                                                                  \
    {                                                                                           \
      UdpnatAddress selected_address;                                                           \
      g_assert_true (udpnat_path_set_get_selected ((f)->set, &selected_address, NULL, NULL));   \
      g_assert_true (udpnat_address_equal (&selected_address, (expected)));                     \
    }                                                                                           \
  G_STMT_END

#define assert_relayed(f, expected_reason)                                                      \
  G_STMT_START                                                                                  \
    {                                                                                           \
      g_assert_false (udpnat_path_set_get_selected ((f)->set, NULL, NULL, NULL));               \
      g_assert_cmpint (udpnat_path_set_get_reason ((f)->set), ==, (expected_reason));           \
    }                                                                                           \
  G_STMT_END

#define add_path_test(path, func)                                                               \
  g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
